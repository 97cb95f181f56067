# A directory of 100,000 entries, listed by the kernel's NFSv3 client while somebody else changes it. The test sets SERVER (address) and PORT.
. "$LIBRARY/library.sh"
modprobe nfsv3
options=vers=3,proto=tcp,port=$PORT,mountport=$PORT,mountproto=tcp,nolock
mkdir -p /media/a /media/b
mount -t nfs -o "$options" "$SERVER:/default" /media/a
mount -t nfs -o "$options,nosharecache" "$SERVER:/default" /media/b
python3 "$LIBRARY/nfs-directory.py" /media/a /media/b 100000
umount /media/b
umount /media/a
