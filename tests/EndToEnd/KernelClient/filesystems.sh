# ext4 and xfs on a LUN: files with checksums survive a new login; removed files give their space back.
. "$LIBRARY/library.sh"
initiator_start
echo "== discovery"
iscsiadm -m discovery -t sendtargets -p "$PORTAL" | tee /run/targets
grep -q " $TARGET\$" /run/targets

check() { # ext4|xfs DISK
    case $1 in
        ext4) e2fsck -fn "$2" ;;
        xfs) xfs_repair -n "$2" >/run/repair 2>&1 || { cat /run/repair; return 1; } ;;
    esac
}

for kind in ext4 xfs; do
    echo "== $kind"
    login
    disk disk 1
    lsblk -o NAME,SIZE,VENDOR,MODEL,PHY-SEC,DISC-GRAN,DISC-MAX "$disk"
    case $kind in
        ext4) mkfs.ext4 -q -F "$disk" ;;
        xfs) mkfs.xfs -q -f "$disk" ;;
    esac
    mount "$disk" /mnt
    mkdir /mnt/small
    for number in $(seq 40); do head -c $((number * number * 97)) /dev/urandom >"/mnt/small/$number"; done
    head -c 160M /dev/urandom >/mnt/large
    cp -r /usr/share/common-licenses /mnt/licenses
    (cd /mnt && find . -type f -exec sha256sum {} +) >/run/sums
    umount /mnt
    logout
    [ ! -e "$disk" ]

    login
    disk disk 1
    check $kind "$disk"
    mount "$disk" /mnt
    (cd /mnt && sha256sum --quiet -c /run/sums)
    echo "checksums good: $(wc -l </run/sums) files"

    ask full
    rm /mnt/large
    sync
    fstrim -v /mnt
    ask trimmed
    rm /run/sums.left 2>/dev/null || true
    grep -v ' ./large$' /run/sums >/run/sums.left
    echo 3 >/proc/sys/vm/drop_caches
    (cd /mnt && sha256sum --quiet -c /run/sums.left)
    umount /mnt
    check $kind "$disk"
    logout
done
