# PostgreSQL on one LUN through one node, fio with verification on another one through another node. The test lets the disks run
# full and makes room again. Without room the database stops and fio's writes are refused; with room both go on.
. "$LIBRARY/two-portals.sh"
initiator_start
second target_add
both login
two_disks
# The server is not to start again on what the kernel still has in memory of writes that were refused. Its log is to stay small.
DATABASE_SETTINGS='restart_after_crash = off
max_wal_size = 64MB
min_wal_size = 32MB
recovery_init_sync_method = syncfs'
database_start "$first_disk"
fio_start_refusable "$second_disk"
# told_of_space DISK: fails unless the kernel takes it for what it is: nothing is taken for a broken disk, or repeated for ever.
# The kernel prints ten errors in five seconds, whichever disk they are of, so the first ones of this one may be among those that it
# keeps to itself.
told_of_space() {
    local attempt
    for attempt in $(seq 300); do dmesg | grep -qE "error, dev ${1#/dev/}," && break; sleep 0.1; done
    dmesg | grep -E "error, dev ${1#/dev/}," | sed 's/.*\] \(.*\), dev.*/\1/' | sort -u >/run/errors-of-disk
    echo "$1: $(cat /run/errors-of-disk)"
    [ "$(cat /run/errors-of-disk)" = 'critical space allocation error' ]
}

both_progress
# One after the other, since the kernel tells only of some of many errors.
fio_pause
ask fill
database_ends
told_of_space "$first_disk"
fio_resume
fio_refused 100
fio_progress
told_of_space "$second_disk"
ask room
fio_unrefused
database_recover "$first_disk"
both_progress
database_stop
fio_stop "$second_disk" /run/exchange/mirror
database_check "$first_disk"
both logout
