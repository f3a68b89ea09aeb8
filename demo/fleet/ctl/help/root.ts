/** Help texts of fleetctl 1.0.0, word for word as recorded in the scenario version-help. */

export const GLOBAL_OPTIONS = `      --ca-file string             Location of TLS CA file used to secure communication with the fleet API or etcd
      --cert-file string           Location of TLS cert file used to secure communication with the fleet API or etcd
      --debug                      Print out more debug information to stderr
      --driver string              Adapter used to execute fleetctl commands. Options include "API" and "etcd". (default "API")
      --endpoint string            Location of the fleet API if --driver=API. Alternatively, if --driver=etcd, location of the etcd API. (default "unix:///var/run/fleet.sock")
      --etcd-cafile string         DEPRECATED: do not use this flag.
      --etcd-certfile string       DEPRECATED: do not use this flag.
      --etcd-key-prefix string     Keyspace for fleet data in etcd (development use only!) (default "/_coreos.com/fleet/")
      --etcd-keyfile string        DEPRECATED: do not use this flag.
      --experimental-api           DEPRECATED: do not use this flag. (default true)
      --h                          Print usage information and exit
      --help                       Print usage information and exit
      --key-file string            Location of TLS key file used to secure communication with the fleet API or etcd
      --known-hosts-file string    File used to store remote machine fingerprints. Ignored if strict host key checking is disabled. (default "~/.fleetctl/known_hosts")
      --request-timeout float      Amount of time in seconds to allow a single request before considering it failed. (default 3)
      --ssh-timeout float          Amount of time in seconds to allow for SSH connection initialization before failing. (default 10)
      --ssh-username string        Username to use when connecting to CoreOS instance. (default "core")
      --strict-host-key-checking   Verify host keys presented by remote machines before initiating SSH connections. (default true)
      --tunnel string              Establish an SSH tunnel through the provided address for communication with fleet and etcd.
      --version                    Print the version and exit

`

/** `fleetctl` without any argument, up to its flags. */
export const NO_ARGUMENTS = `fleetctl is a command-line interface to fleet, the cluster-wide CoreOS init system.

Usage:
  fleetctl [flags]
  fleetctl [command]

Available Commands:
  cat             Output the contents of a submitted unit
  destroy         Destroy one or more units in the cluster
  fd-forward      Proxy stdin and stdout to a unix domain socket
  journal         Print the journal of a unit in the cluster to stdout
  list-machines   Enumerate the current hosts in the cluster
  list-unit-files List the units that exist in the cluster.
  list-units      List the current state of units in the cluster
  load            Schedule one or more units in the cluster, first submitting them if necessary.
  restart         Instruct systemd to rolling restart one or more units in the cluster.
  ssh             Open interactive shell on a machine in the cluster
  start           Instruct systemd to start one or more units in the cluster, first submitting and loading if necessary.
  status          Output the status of one or more units in the cluster
  stop            Instruct systemd to stop one or more units in the cluster.
  submit          Upload one or more units to the cluster without starting them
  unload          Unschedule one or more units in the cluster.
  version         Print the version and exit

`

/** `fleetctl --help`, up to its options. */
export const ROOT = `NAME:
	fleetctl - fleetctl is a command-line interface to fleet, the cluster-wide CoreOS init system.

USAGE:
	fleetctl

VERSION:
	1.0.0

COMMANDS:
	cat		Output the contents of a submitted unit
	destroy		Destroy one or more units in the cluster
	fd-forward	Proxy stdin and stdout to a unix domain socket
	help		Help about any command
	journal		Print the journal of a unit in the cluster to stdout
	list-machines	Enumerate the current hosts in the cluster
	list-unit-files	List the units that exist in the cluster.
	list-units	List the current state of units in the cluster
	load		Schedule one or more units in the cluster, first submitting them if necessary.
	restart		Instruct systemd to rolling restart one or more units in the cluster.
	ssh		Open interactive shell on a machine in the cluster
	start		Instruct systemd to start one or more units in the cluster, first submitting and loading if necessary.
	status		Output the status of one or more units in the cluster
	stop		Instruct systemd to stop one or more units in the cluster.
	submit		Upload one or more units to the cluster without starting them
	unload		Unschedule one or more units in the cluster.
	verify		
	version		Print the version and exit

`
