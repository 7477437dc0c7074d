#!/bin/sh
# Process 1 of the guest, run by busybox out of the initramfs.
#
# Owns: loading the modules, mounting the host's root filesystem (9p, read-only) under an overlay in
# memory, making rxe0, running /run-command.sh inside that root, and reporting. It tells the host
# what happens in lines on the report port (descriptor 5):
#   ready SECONDS   everything is set up, the command starts now
#   # TEXT          evidence, shown with --verbose or after a failure
#   ! TEXT          set-up failed, the guest gives up
#   exit STATUS     the command ended
# The command's two streams travel through ports 1 and 2, each closed by the bytes of /end-marker:
# the host knows from them that nothing was lost and then ends the virtual machine itself.
#
# /plan.sh, written by the host for every run, sets out_path, address, verbose and keep_tmp. Whatever
# must not be mangled (arguments, environment) is in /run-command.sh.

export PATH=/bin
root=/newroot
rxe=/sys/class/infiniband/rxe0
log_mark='untorn-rxe: the command starts'

mount -t proc proc /proc
mount -t sysfs sysfs /sys
mount -t devtmpfs devtmpfs /dev
exec </dev/null >/dev/console 2>&1
. /plan.sh

report_open=
say() {
  if [ -n "$report_open" ]; then echo "$*" >&5; else echo "init: $*"; fi
}

# Copies standard input to the report port as evidence.
evidence() {
  while IFS= read -r line; do say "# $line"; done
}

give_up() {
  dmesg | tail -n 40 | evidence
  say "! $*"
  sleep 2
  poweroff -f
}

# wait_for TENTHS TEST… runs `test TEST…` until it holds or TENTHS tenths of a second have passed.
wait_for() {
  left=$1
  shift
  until test "$@"; do
    left=$((left - 1))
    [ "$left" -gt 0 ] || return 1
    sleep 0.1
  done
}

# Runs a program of the host's. By way of its env: busybox would run an applet of its own instead.
inside() {
  env -i PATH=/usr/sbin:/usr/bin:/sbin:/bin chroot $root /usr/bin/env "$@"
}

load_modules() {
  while read -r module; do
    insmod "/modules/$module" || give_up "insmod $module failed"
  done </modules.list
}

open_report_port() {
  for port in 1 2 3; do
    wait_for 50 -c /dev/vport0p$port || give_up "virtio-serial port $port did not appear"
  done
  exec 5>/dev/vport0p3
  report_open=yes
}

mount_root() {
  options=trans=virtio,version=9p2000.L,msize=512000
  mount -t 9p -o $options,ro,noxattr,cache=loose untorn-root /lower ||
    give_up "mounting the host's root filesystem over 9p failed"
  mount -t tmpfs -o size=75% tmpfs /upper
  mkdir /upper/files /upper/work
  mount -t overlay -o lowerdir=/lower,upperdir=/upper/files,workdir=/upper/work overlay $root ||
    give_up "mounting the overlay over the host's root filesystem failed"
  mount -t proc proc $root/proc
  mount -t sysfs sysfs $root/sys
  mount -t devtmpfs devtmpfs $root/dev
  mkdir -p $root/dev/shm $root/dev/pts
  mount -t tmpfs -o mode=1777 tmpfs $root/dev/shm
  mount -t devpts -o gid=5,mode=620,ptmxmode=666 devpts $root/dev/pts
  ln -sf pts/ptmx $root/dev/ptmx
  ln -sf /proc/self/fd $root/dev/fd
  ln -sf /proc/self/fd/0 $root/dev/stdin
  ln -sf /proc/self/fd/1 $root/dev/stdout
  ln -sf /proc/self/fd/2 $root/dev/stderr
  mount -t tmpfs -o mode=755 tmpfs $root/run
  # A clone under /tmp must stay visible; the overlay makes that /tmp writable all the same.
  [ -n "$keep_tmp" ] || mount -t tmpfs -o mode=1777 tmpfs $root/tmp
  if [ -n "$out_path" ]; then
    mkdir -p "$root$out_path"
    mount -t 9p -o $options,cache=mmap untorn-out "$root$out_path" ||
      give_up "mounting the folder for results ($out_path) failed"
  fi
}

# The pair's far end has no address: traffic between queue pairs of rxe0 never leaves rxe0. A device
# MTU of 4500 gives a path MTU of 4096. Duplicate address detection would delay the IPv6 GIDs.
make_rxe() {
  hostname untorn-rxe
  echo 0 >/proc/sys/net/ipv6/conf/default/accept_dad
  inside ip -batch - <<END || give_up "ip could not make the veth pair"
link set lo up
link add rdma0 mtu 4500 address 02:00:00:00:00:01 type veth peer name rdma1 mtu 4500
addr add $address/24 dev rdma0
link set rdma1 up
link set rdma0 up
END
  inside rdma link add rxe0 type rxe netdev rdma0 ||
    give_up "rdma link add rxe0 failed; the kernel log above says why"
  wait_for 50 -c /dev/infiniband/uverbs0 || give_up "/dev/infiniband/uverbs0 did not appear"
  left=50
  read -r state <$rxe/ports/1/state
  until [ "$state" = "4: ACTIVE" ]; do
    left=$((left - 1))
    [ "$left" -gt 0 ] || give_up "rxe0's port is '$state', not '4: ACTIVE'"
    sleep 0.1
    read -r state <$rxe/ports/1/state
  done
}

# The counters and states that tell what rxe0 did; before and after the command.
show_rxe() {
  echo "rxe0 $1 the command:" | evidence
  inside rdma statistic show link rxe0/1 2>&1 | evidence
  inside rdma link show rxe0/1 2>&1 | evidence
}

run_command() {
  mkfifo /stdout /stderr
  mkdir $root/run/untorn-rxe
  cp /run-command.sh $root/run/untorn-rxe/command.sh
  { cat /stdout /end-marker >/dev/vport0p1; : >/stdout.sent; } 5>&- &
  { cat /stderr /end-marker >/dev/vport0p2; : >/stderr.sent; } 5>&- &
  ulimit -l unlimited
  ulimit -n 65536
  echo "$log_mark" >/dev/kmsg
  read -r uptime _ </proc/uptime
  say "ready $uptime"
  # In the foreground: the shell would make a background command ignore SIGINT and SIGQUIT.
  env -i chroot $root /bin/sh /run/untorn-rxe/command.sh </dev/null >/stdout 2>/stderr 5>&-
  status=$?
}

# What the kernel said since the command started.
show_kernel_log() {
  dmesg | sed "1,/$log_mark/d" >/kernel.log
  if [ -s /kernel.log ]; then
    echo "kernel log since then, its last lines:" | evidence
    tail -n 40 /kernel.log | evidence
  else
    echo "kernel log since then: empty" | evidence
  fi
}

# Processes that the command left behind keep its streams open: they have a second to end, then they
# are killed. They are those whose root is the overlay.
end_streams() {
  wait_for 10 -e /stdout.sent -a -e /stderr.sent && return
  for process in /proc/[0-9]*; do
    [ "$(readlink "$process/root")" = $root ] && kill -9 "${process#/proc/}"
  done
  until [ -e /stdout.sent ] && [ -e /stderr.sent ]; do sleep 0.1; done
}

load_modules
open_report_port
mount_root
make_rxe
[ -z "$verbose" ] || show_rxe before
run_command
end_streams
if [ "$status" -ne 0 ] || [ -n "$verbose" ]; then
  show_rxe after
  show_kernel_log
fi
if [ -n "$out_path" ]; then
  sync
  umount "$root$out_path" || echo "the folder for results could not be unmounted" | evidence
fi
say "exit $status"
sleep 10
poweroff -f
