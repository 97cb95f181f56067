# fio with verification on a mirror of a LUN and of a disk in the guest's memory, for scripts that run in the guest. What is
# written goes to both; what is read comes from the LUN.

# fio_start DISK: makes the mirror and starts the load.
fio_start() {
    local sectors
    sectors=$(blockdev --getsz "$1")
    modprobe brd rd_nr=1 rd_size=$((sectors / 2))
    modprobe dm-mirror
    # No initial copy: both are blank. Reads go to the first one.
    dmsetup create mirrored --table "0 $sectors mirror core 2 2048 nosync 2 $1 0 /dev/ram0 0"
    fio_target=/dev/mapper/mirrored
    : >/run/fio.rounds
    fio_rounds & fio=$!
}

# fio_start_refusable DISK: as fio_start, but the LUN may refuse writes for lack of room; the mirror is of what it acknowledged.
fio_start_refusable() {
    modprobe brd rd_nr=1 rd_size=$(($(blockdev --getsz "$1") / 2))
    gcc -O2 -shared -fPIC -o /run/mirrored-writes.so "$LIBRARY/mirrored-writes.c"
    fio_environment=(LD_PRELOAD=/run/mirrored-writes.so "DISK=$1" MIRROR=/dev/ram0 REFUSALS=/run/fio.refused)
    fio_options=(--ignore_error=,ENOSPC)
    fio_target=$1
    : >/run/fio.refused
    : >/run/fio.rounds
    fio_rounds & fio=$!
}

fio_environment=() fio_options=()

# Each round writes 4 MiB in an order and with content of its own, reads each piece back soon after it was written, and all
# of them once more at its end. The stamp of a block has its place and its round.
fio_rounds() {
    local round=0
    while [ ! -e /run/stop ]; do
        while [ -e /run/fio.pause ]; do sleep 0.1; done
        round=$((round + 1))
        env "${fio_environment[@]}" \
            fio --name=round --filename="$fio_target" --direct=1 --ioengine=libaio --iodepth=8 --rw=randwrite --bsrange=4k-64k \
            --io_size=4M --randseed=$round --verify=crc32c --verify_interval=4k --verify_fatal=1 --verify_backlog=32 \
            "${fio_options[@]}" >/run/fio.log 2>&1 || return 1
        echo $round >>/run/fio.rounds
    done
}

# fio_pause: no more rounds begin, and none is under way.
fio_pause() {
    touch /run/fio.pause
    while pidof fio >/run/gone; do sleep 0.1; done
}

# fio_resume: rounds go on.
fio_resume() { rm /run/fio.pause; }

# fio_lines FILE MORE: waits until fio added so many lines to the file; fails when it ended or took more than three minutes.
fio_lines() {
    local goal attempt
    goal=$(($(wc -l <"$1") + $2))
    for attempt in $(seq 900); do
        [ "$(wc -l <"$1")" -ge $goal ] && return
        kill -0 $fio 2>/run/gone || break
        sleep 0.2
    done
    echo "fio: $1 has $(wc -l <"$1") lines; $goal were to come"
    cat /run/fio.log
    exit 1
}

# fio_progress: waits until one more round is complete, and so good.
fio_progress() { fio_lines /run/fio.rounds 1; }

# fio_refused WRITES: waits until so many more writes were refused for lack of room.
fio_refused() { fio_lines /run/fio.refused "$1"; }

# fio_unrefused: waits for rounds of which no write is refused.
fio_unrefused() {
    local refused attempt
    for attempt in $(seq 20); do
        refused=$(wc -l </run/fio.refused)
        fio_progress
        fio_progress
        [ "$(wc -l </run/fio.refused)" = "$refused" ] && return
    done
    echo "writes are still refused: $refused"
    exit 1
}

# fio_stop DISK FILE: waits for the last round, compares both sides of the mirror and leaves a copy of the one in memory in the file.
fio_stop() {
    touch /run/stop
    wait $fio || { cat /run/fio.log; exit 1; }
    echo "$(wc -l </run/fio.rounds) rounds of fio are good"
    if [ "$fio_target" = "$1" ]; then
        echo "$(wc -l </run/fio.refused) of its writes were refused, $(grep -cv ' 0 sectors' /run/fio.refused || true) of them done in part"
    else
        dmsetup status mirrored
        dmsetup remove mirrored
    fi
    blockdev --flushbufs "$1"
    cmp "$1" /dev/ram0
    echo "the LUN and its mirror are equal"
    dd if=/dev/ram0 of="$2" bs=1M status=none
    sync "$2"
}
