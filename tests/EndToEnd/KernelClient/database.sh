# PostgreSQL on a LUN. While it works, the test makes something crash three times, and the initiator rides it out.
# Afterwards everything that was committed is there.
. "$LIBRARY/library.sh"
. "$LIBRARY/database-load.sh"
initiator_start
setting node.session.timeo.replacement_timeout 120
login
disk disk 1
database_start "$disk"
for crash in 1 2 3; do
    database_progress 300
    echo "$(committed) rows committed; crash $crash"
    ask crash
done
database_progress 300
database_stop
database_check "$disk"
logout
