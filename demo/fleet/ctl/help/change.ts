/** Help texts of fleetctl 1.0.0, word for word as recorded in the scenario version-help. */

/** `fleetctl help <command>`, up to the global options. */
export const CHANGE_HELP: Readonly<Record<string, string>> = {
  destroy: `NAME:
	destroy - Destroy one or more units in the cluster

USAGE:
	fleetctl destroy UNIT...

DESCRIPTION:
	Completely remove one or more running or submitted units from the cluster.
	
	Instructs systemd on the host machine to destroy the unit, deferring to systemd
	completely for any custom stop directives (i.e. ExecStop option in the unit
	file).
	
	Destroyed units are impossible to start unless re-submitted.

OPTIONS:
      --block-attempts int   Wait until the units are destroyed, performing up to N attempts before giving up. A value of 0 indicates no limit. Does not apply to global units.
      --no-block             Do not wait until the units are destroyed before exiting. Always the case for global units.

`,
  load: `NAME:
	load - Schedule one or more units in the cluster, first submitting them if necessary.

USAGE:
	fleetctl load [--no-block|--block-attempts=N] UNIT...

DESCRIPTION:
	Load one or many units in the cluster into systemd, but do not start.
	
	Select units to load by glob matching for units in the current working directory
	or matching the names of previously submitted units.
	
	For units which are not global, load operations are performed synchronously,
	which means fleetctl will block until it detects that the unit(s) have
	transitioned to a loaded state. This behaviour can be configured with the
	respective --block-attempts and --no-block options. Load operations on global
	units are always non-blocking.

OPTIONS:
      --block-attempts int   Wait until the jobs are loaded, performing up to N attempts before giving up. A value of 0 indicates no limit. Does not apply to global units.
      --no-block             Do not wait until the jobs have been loaded before exiting. Always the case for global units.
      --replace              Replace the old scheduled units in the cluster with new versions.
      --sign                 DEPRECATED - this option cannot be used

`,
  restart: `NAME:
	restart - Instruct systemd to rolling restart one or more units in the cluster.

USAGE:
	fleetctl restart [--block-attempts=N] UNIT...

DESCRIPTION:
	Restarts one or more units in the cluster. If they are stopped it starts them.
	
	Instructs systemd on the host machine to stop then start the unit, deferring to systemd
	completely for any custom restart directives (i.e. ExecStop options in the unit
	file).
	
	For units which are not global, restart operations are performed synchronously,
	which means fleetctl will block until it detects that the unit(s) have
	transitioned to a stopped state and then back to a started state. This behaviour can be configured with the
	respective --block-attempts options. Restart operations on global
	units are always non-blocking.
	
	Restart a single unit:
		fleetctl restart foo.service
	
	Restart an entire directory of units with glob matching, without waiting:
		fleetctl restart myservice/*

OPTIONS:
      --block-attempts int   Wait until the units are stopped/started, performing up to N attempts before giving up. A value of 0 indicates no limit. Does not apply to global units.

`,
  start: `NAME:
	start - Instruct systemd to start one or more units in the cluster, first submitting and loading if necessary.

USAGE:
	fleetctl start [--no-block|--block-attempts=N] UNIT...

DESCRIPTION:
	Start one or many units on the cluster. Select units to start by glob matching
	for units in the current working directory or matching names of previously
	submitted units.
	
	For units which are not global, start operations are performed synchronously,
	which means fleetctl will block until it detects that the unit(s) have
	transitioned to a started state. This behaviour can be configured with the
	respective --block-attempts and --no-block options. Start operations on global
	units are always non-blocking.
	
	Start a single unit:
	fleetctl start foo.service
	
	Start an entire directory of units with glob matching:
	fleetctl start myservice/*
	
	You may filter suitable hosts based on metadata provided by the machine.
	Machine metadata is located in the fleet configuration file.

OPTIONS:
      --block-attempts int   Wait until the units are launched, performing up to N attempts before giving up. A value of 0 indicates no limit. Does not apply to global units.
      --no-block             Do not wait until the units have launched before exiting. Always the case for global units.
      --replace              Replace the already started units in the cluster with new versions.
      --sign                 DEPRECATED - this option cannot be used

`,
  stop: `NAME:
	stop - Instruct systemd to stop one or more units in the cluster.

USAGE:
	fleetctl stop [--no-block|--block-attempts=N] UNIT...

DESCRIPTION:
	Stop one or more units from running in the cluster, but allow them to be
	started again in the future.
	
	Instructs systemd on the host machine to stop the unit, deferring to systemd
	completely for any custom stop directives (i.e. ExecStop option in the unit
	file).
	
	For units which are not global, stop operations are performed synchronously,
	which means fleetctl will block until it detects that the unit(s) have
	transitioned to a stopped state. This behaviour can be configured with the
	respective --block-attempts and --no-block options. Stop operations on global
	units are always non-blocking.
	
	Stop a single unit:
	fleetctl stop foo.service
	
	Stop an entire directory of units with glob matching, without waiting:
	fleetctl --no-block stop myservice/*

OPTIONS:
      --block-attempts int   Wait until the units are stopped, performing up to N attempts before giving up. A value of 0 indicates no limit. Does not apply to global units.
      --no-block             Do not wait until the units have stopped before exiting. Always the case for global units.

`,
  submit: `NAME:
	submit - Upload one or more units to the cluster without starting them

USAGE:
	fleetctl submit UNIT...

DESCRIPTION:
	Upload one or more units to the cluster without starting them. Useful
	for validating units before they are started.
	
	This operation is idempotent; if a named unit already exists in the cluster, it will not be resubmitted.
	
	Submit a single unit:
	fleetctl submit foo.service
	
	Submit a directory of units with glob matching:
	fleetctl submit myservice/*

OPTIONS:
      --replace   Replace the old submitted units in the cluster with new versions.
      --sign      DEPRECATED - this option cannot be used

`,
  unload: `NAME:
	unload - Unschedule one or more units in the cluster.

USAGE:
	fleetctl unload UNIT...

OPTIONS:
      --block-attempts int   Wait until the units are inactive, performing up to N attempts before giving up. A value of 0 indicates no limit.
      --no-block             Do not wait until the units have become inactive before exiting.

`,
}
