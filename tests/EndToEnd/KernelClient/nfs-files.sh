# The kernel's NFSv3 client on a file system: what programs do with files, seen by the program that does it and read back from the server.
# The test sets SERVER (address) and PORT; SECOND_SERVER is another way to the same files.
. "$LIBRARY/library.sh"
modprobe nfsv3
options=vers=3,proto=tcp,port=$PORT,mountport=$PORT,mountproto=tcp,nolock
mkdir -p /media/a /media/b
mount -t nfs -o "$options" "$SERVER:/default" /media/a
mount -t nfs -o "$options,nosharecache" "${SECOND_SERVER:-$SERVER}:/default" /media/b
grep /media /proc/mounts
python3 "$LIBRARY/nfs-files.py" /media/a /media/b
umount /media/b
umount /media/a
