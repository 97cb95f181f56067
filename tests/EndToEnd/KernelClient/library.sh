# For scripts that run in the guest. The test sets PORTAL, TARGET and INITIATOR.

# ask NAME: lets the test do what it has under that name, and waits for it.
ask() {
    echo "ask $1"
    read -r answer
    [ "$answer" = done ] || { echo "the test answered '$answer' to $1"; exit 1; }
}

# initiator_start: the kernel's initiator and its daemon, with the name that the test chose.
initiator_start() {
    modprobe -a iscsi_tcp sd_mod
    echo "InitiatorName=$INITIATOR" >/etc/iscsi/initiatorname.iscsi
    iscsid
    target_add
}

# target_add: makes the target at the portal known.
target_add() { iscsiadm -m node -T "$TARGET" -p "$PORTAL" -o new >/dev/null; }

# setting NAME VALUE: one setting of the session to come.
setting() { iscsiadm -m node -T "$TARGET" -p "$PORTAL" -o update -n "$1" -v "$2"; }

# login: logs in with the settings so far.
login() { iscsiadm -m node -T "$TARGET" -p "$PORTAL" --login && udevadm settle; }

# logout: ends the session.
logout() { iscsiadm -m node -T "$TARGET" -p "$PORTAL" --logout && udevadm settle; }

# disk VARIABLE LUN: puts the name of a LUN's disk into the variable.
disk() {
    local link="/dev/disk/by-path/ip-$PORTAL-iscsi-$TARGET-lun-$2" attempt
    for attempt in $(seq 100); do [ -b "$link" ] && break; sleep 0.1; done
    printf -v "$1" %s "$(readlink -e "$link")"
}
