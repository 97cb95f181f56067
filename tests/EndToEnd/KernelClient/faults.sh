# PostgreSQL on one LUN through one node, fio with verification on another one through another node. The test breaks and
# mends the cluster FAULTS times; both go on in between, and at the end.
. "$LIBRARY/two-portals.sh"
initiator_start
second target_add
both setting node.session.timeo.replacement_timeout 120
both login
two_disks
database_start "$first_disk"
fio_start "$second_disk"
both_progress
for fault in $(seq "$FAULTS"); do
    ask break
    both_progress
    ask mend
done
both_progress
fio_stop "$second_disk" /run/exchange/mirror
database_stop
database_check "$first_disk"
both logout
