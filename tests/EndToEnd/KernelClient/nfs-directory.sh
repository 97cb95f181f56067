# A directory of many entries, listed by the kernel's NFSv3 client while somebody else changes it. The test has made it, and sets SERVER (address),
# PORT, DIRECTORY and ENTRIES.
. "$LIBRARY/library.sh"
modprobe nfsv3
options=vers=3,proto=tcp,port=$PORT,mountport=$PORT,mountproto=tcp,nolock
mkdir -p /media/a /media/b
mount -t nfs -o "$options" "$SERVER:/default" /media/a
mount -t nfs -o "$options,nosharecache" "$SERVER:/default" /media/b
python3 "$LIBRARY/nfs-directory.py" /media/a /media/b "$DIRECTORY" "$ENTRIES"
umount /media/b
umount /media/a
