# PostgreSQL with its data directory on NFS. The test breaks and mends the cluster FAULTS times; the database goes on in between, and at
# the end everything that was committed is there. The test sets SERVER.
. "$LIBRARY/library.sh"
. "$LIBRARY/database-load.sh"
modprobe nfsv3
mount -t nfs -o vers=3,proto=tcp,port=2049,mountport=2049,mountproto=tcp,nolock,hard "$SERVER:/default" /mnt
grep /mnt /proc/mounts
database_begin
database_progress 50
for fault in $(seq "$FAULTS"); do
    ask break
    begun=$(date +%s%N)
    database_progress 20
    echo "fault $fault: 20 commits after $((($(date +%s%N) - begun) / 1000000)) ms"
    ask mend
done
database_progress 50
database_stop
database_compare
umount /mnt
