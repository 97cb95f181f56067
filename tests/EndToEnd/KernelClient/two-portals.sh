# Two LUNs in the guest, LUN 1 through one node's portal and LUN 2 through another one's: PostgreSQL on the first and fio with
# verification on the second.
. "$LIBRARY/library.sh"
. "$LIBRARY/database-load.sh"
. "$LIBRARY/fio-load.sh"

second() { PORTAL=$SECOND_PORTAL "$@"; } # as the command says, but through the second portal

# both COMMAND...: through the first portal and then through the second.
both() { "$@"; second "$@"; }

# two_disks: puts the disks into first_disk and second_disk.
two_disks() {
    disk first_disk 1
    second disk second_disk 2
}

# both_progress: waits until the database and fio have got on.
both_progress() { database_progress 50; fio_progress; }
