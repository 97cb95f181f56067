# Locks of the kernel's NFSv3 client, which finds the lock manager by the port mapper. Two mounts that share nothing are two clients for the
# server. The test sets SERVER (address); SECOND_SERVER is another way to the same files.
. "$LIBRARY/library.sh"
modprobe nfsv3
mkdir -p /run/rpcbind /run/sendsigs.omit.d /media/a /media/b
rpcbind -w
rpc.statd
options=vers=3,proto=tcp,nosharecache
mount -t nfs -o "$options" "$SERVER:/default" /media/a
mount -t nfs -o "$options" "${SECOND_SERVER:-$SERVER}:/default" /media/b
grep /media /proc/mounts
python3 "$LIBRARY/nfs-locks.py" /media/a /media/b
umount /media/b
umount /media/a
