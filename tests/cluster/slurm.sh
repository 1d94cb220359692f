#!/usr/bin/env bash
# A SLURM of one node on this machine, in a folder of its own, for tests: no root, no services of the
# system, no cgroups.
#
#   slurm.sh start DIR    then export SLURM_CONF=DIR/slurm.conf
#   slurm.sh stop DIR
#
# Exit status 77: munged, slurmctld or slurmd is not installed (Debian: munge slurmctld slurmd
# slurm-client).
set -euo pipefail
PATH=$PATH:/usr/sbin:/sbin
word=$1
dir=$2

port_of() { # a port that is free now
  python3 -c 'import socket; s = socket.socket(); s.bind(("", 0)); print(s.getsockname()[1])'
}

write_config() {
  local host
  host=$(hostname -s)
  cat > "$dir/slurm.conf" << CONF
ClusterName=foresight
SlurmctldHost=$host(127.0.0.1)
SlurmctldPort=$(port_of)
SlurmdPort=$(port_of)
AuthType=auth/munge
AuthInfo=socket=$sockets/munge
SlurmUser=$(id -un)
SlurmdUser=$(id -un)
StateSaveLocation=$dir/state
SlurmdSpoolDir=$sockets/spool
SlurmctldPidFile=$dir/slurmctld.pid
SlurmdPidFile=$dir/slurmd.pid
SlurmctldLogFile=$dir/slurmctld.log
SlurmdLogFile=$dir/slurmd.log
ProctrackType=proctrack/linuxproc
TaskPlugin=task/none
SwitchType=switch/none
MpiDefault=none
SelectType=select/cons_tres
SelectTypeParameters=CR_CPU
JobAcctGatherType=jobacct_gather/none
AccountingStorageType=accounting_storage/none
ReturnToService=2
KillWait=20
MinJobAge=600
SchedulerParameters=sched_interval=2,sched_min_interval=100000
SlurmdParameters=config_overrides
NodeName=$host NodeAddr=127.0.0.1 CPUs=4 State=UNKNOWN
PartitionName=week Nodes=$host Default=YES MaxTime=INFINITE State=UP
CONF
}

start() {
  local program
  for program in munged slurmctld slurmd sbatch; do
    command -v "$program" > /dev/null || {
      echo "$program is not installed (Debian: munge slurmctld slurmd slurm-client)"
      exit 77
    }
  done
  mkdir -p "$dir/state"
  # The names of sockets may have 107 letters, less than the folder of a test can have.
  sockets=$(mktemp -d /tmp/slurm.XXXXXX)
  echo "$sockets" > "$dir/sockets"
  mkdir "$sockets/spool"
  chmod 755 "$dir" "$sockets"
  head -c 1024 /dev/urandom > "$dir/munge.key"
  chmod 400 "$dir/munge.key"
  munged --force --key-file="$dir/munge.key" --socket="$sockets/munge" \
    --pid-file="$dir/munged.pid" --log-file="$dir/munged.log" --seed-file="$dir/munge.seed"
  write_config
  export SLURM_CONF=$dir/slurm.conf
  slurmctld -f "$SLURM_CONF"
  slurmd -f "$SLURM_CONF"
  local attempt
  for attempt in $(seq 60); do
    sinfo --noheader --format=%t 2> /dev/null | grep -q '^idle' && return 0
    sleep 1
  done
  echo "the node did not come up after $attempt s:"
  tail -n 20 "$dir"/*.log
  exit 1
}

stop() {
  local file
  export SLURM_CONF=$dir/slurm.conf
  scancel --user="$(id -un)" 2> /dev/null || true
  for file in slurmd slurmctld munged; do
    [[ -f $dir/$file.pid ]] && kill "$(< "$dir/$file.pid")" 2> /dev/null || true
  done
  # They write there until they are gone.
  local attempt
  for attempt in $(seq 50); do
    compgen -G "$dir/*.pid" > /dev/null || break
    sleep 0.1
  done
  [[ -f $dir/sockets ]] && rm -rf "$(< "$dir/sockets")"
}

case $word in
  start) start ;;
  stop) stop ;;
  *)
    echo "usage: slurm.sh start|stop DIR" >&2
    exit 2
    ;;
esac
