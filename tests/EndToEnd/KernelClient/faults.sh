# PostgreSQL on one LUN through one node, fio with verification on another one through another node. The test breaks and
# mends the cluster FAULTS times; both go on in between, and at the end.
. "$LIBRARY/library.sh"
. "$LIBRARY/database-load.sh"
. "$LIBRARY/fio-load.sh"
second() { PORTAL=$SECOND_PORTAL "$@"; } # as the command says, but through the second portal
initiator_start
second target_add
setting node.session.timeo.replacement_timeout 120
second setting node.session.timeo.replacement_timeout 120
login
second login
disk first_disk 1
second disk second_disk 2
database_start "$first_disk"
fio_start "$second_disk"
progress() { database_progress 50; fio_progress; }
progress
for fault in $(seq "$FAULTS"); do
    ask break
    progress
    ask mend
done
progress
fio_stop "$second_disk" /run/exchange/mirror
database_stop
database_check "$first_disk"
second logout
logout
