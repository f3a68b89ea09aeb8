/** Help texts of fleetctl 1.0.0, word for word as recorded in the scenario version-help. */

/** `fleetctl help <command>`, up to the global options. */
export const LOOK_HELP: Readonly<Record<string, string>> = {
  cat: `NAME:
	cat - Output the contents of a submitted unit

USAGE:
	fleetctl cat UNIT

DESCRIPTION:
	Outputs the unit file that is currently loaded in the cluster. Useful to verify
	the correct version of a unit is running.

`,
  journal: `NAME:
	journal - Print the journal of a unit in the cluster to stdout

USAGE:
	fleetctl journal [--lines=N] [--ssh-port=N] [-f|--follow] [--output=STRING] <unit>

DESCRIPTION:
	Outputs the journal of a unit by connecting to the machine that the unit occupies.
	
	Read the last 10 lines:
	fleetctl journal foo.service
	
	Read the last 100 lines:
	fleetctl journal --lines 100 foo.service
	
	This command does not work with global units.

OPTIONS:
      --f               Shorthand for --follow
      --follow          Continuously print new entries as they are appended to the journal.
      --lines int       Number of recent log lines to return (default 10)
      --output string   Output mode. This will be passed unaltered to journalctl on the remote host, and hence supports the same modes as that command. (default "short")
      --ssh-port int    Connect to remote hosts over SSH using this TCP port (default 22)
      --sudo            Execute journal command with sudo

`,
  'list-machines': `NAME:
	list-machines - Enumerate the current hosts in the cluster

USAGE:
	fleetctl list-machines [-l|--full] [--no-legend]

DESCRIPTION:
	Lists all active machines within the cluster. Previously active machines will not appear in this list.
	
	For easily parsable output, you can remove the column headers:
	fleetctl list-machines --no-legend
	
	Output the list without truncation:
	fleetctl list-machines --full

OPTIONS:
      --fields string   Columns to print for each Machine. Valid fields are "machine,ip,metadata" (default "machine,ip,metadata")
      --full            Do not ellipsize fields on output
      --l               Shorthand for --full
      --no-legend       Do not print a legend (column headers)

`,
  'list-unit-files': `NAME:
	list-unit-files - List the units that exist in the cluster.

USAGE:
	fleetctl list-unit-files [--fields]

DESCRIPTION:
	Lists all unit files that exist in the cluster (whether or not they are loaded onto a machine).

OPTIONS:
      --fields string   Columns to print for each Unit file. Valid fields are "desc,dstate,global,hash,state,target,tmachine,unit" (default "unit,hash,dstate,state,target")
      --full            Do not ellipsize fields on output
      --no-legend       Do not print a legend (column headers)

`,
  'list-units': `NAME:
	list-units - List the current state of units in the cluster

USAGE:
	fleetctl list-units [--no-legend] [-l|--full] [--fields]

DESCRIPTION:
	Lists the state of all units in the cluster loaded onto a machine.
	
	For easily parsable output, you can remove the column headers:
	fleetctl list-units --no-legend
	
	Output the list without ellipses:
	fleetctl list-units --full
	
	Or, choose the columns to display:
	fleetctl list-units --fields=unit,machine

OPTIONS:
      --fields string   Columns to print for each Unit. Valid fields are "active,hash,load,machine,sub,unit" (default "unit,machine,active,sub")
      --full            Do not ellipsize fields on output
      --l               Shorthand for --full
      --no-legend       Do not print a legend (column headers)

`,
  ssh: `NAME:
	ssh - Open interactive shell on a machine in the cluster

USAGE:
	fleetctl ssh [-A|--forward-agent] [--ssh-port=N] [--machine|--unit] {MACHINE|UNIT}

DESCRIPTION:
	Open an interactive shell on a specific machine in the cluster or on the machine
	where the specified unit is located.
	
	fleetctl tries to detect whether your first argument is a machine or a unit.
	To skip this check use the --machine or --unit flags.
	
	Open a shell on a machine:
	fleetctl ssh 2444264c-eac2-4eff-a490-32d5e5e4af24
	
	Open a shell from your laptop, to the machine running a specific unit, using a
	cluster member as a bastion host:
	fleetctl --tunnel 10.10.10.10 ssh foo.service
	
	Open a shell on a machine and forward the authentication agent connection:
	fleetctl ssh --forward-agent 2444264c-eac2-4eff-a490-32d5e5e4af24
	
	
	Tip: Create an alias for --tunnel.
	- Add "alias fleetctl=fleetctl --tunnel 10.10.10.10" to your bash profile.
	- Now you can run all fleet commands locally.
	
	This command does not work with global units.

OPTIONS:
      --A                Shorthand for --forward-agent
      --forward-agent    Forward local ssh-agent to target machine.
      --machine string   Open SSH connection to a specific machine.
      --ssh-port int     Connect to remote hosts over SSH using this TCP port. (default 22)
      --unit string      Open SSH connection to machine running provided unit.

`,
  status: `NAME:
	status - Output the status of one or more units in the cluster

USAGE:
	fleetctl status [--ssh-port=N] UNIT...

DESCRIPTION:
	Output the status of one or more units currently running in the cluster.
	Supports glob matching of units in the current working directory or matches
	previously started units.
	
	Show status of a single unit:
		fleetctl status foo.service
	
	Show status of an entire directory with glob matching:
	fleetctl status myservice/*
	
	This command does not work with global units.

OPTIONS:
      --ssh-port int   Connect to remote hosts over SSH using this TCP port. (default 22)

`,
}
