# PostgreSQL with data checksums on ext4, for scripts that run in the guest: pgbench and two appending clients write until
# they are stopped; then everything that was committed must be there. The test sets SCALE.

programs=$(echo /usr/lib/postgresql/*/bin)
as_postgres() { setpriv --reuid postgres --regid postgres --init-groups env PATH="$programs:$PATH" LANG=C.UTF-8 "$@"; }
sql() { as_postgres psql -qAt bench -c "$1"; }
committed() { cat /run/committed.* | wc -l; }

append() { # CLIENT: one commit a row; a row's number is printed once its commit is acknowledged
    local id=0
    while [ ! -e /run/stop ]; do
        id=$((id + 1))
        echo "insert into appended values ($1, $id, repeat('x', $((id % 400)))) returning id;"
    done | as_postgres psql -qAt -v ON_ERROR_STOP=1 bench >/run/committed.$1 2>/run/errors.$1
}

# database_start DISK: makes it and starts the load.
database_start() {
    mkfs.ext4 -q -F "$1"
    mount "$1" /mnt
    install -d -o postgres -g postgres /mnt/database /run/postgresql
    echo "== initdb"
    as_postgres initdb --data-checksums -D /mnt/database >/run/initdb.log
    as_postgres pg_ctl -D /mnt/database -w -l /run/postgresql/log start >/dev/null
    as_postgres createdb bench
    as_postgres pgbench -q -i -s "$SCALE" bench 2>&1 | tail -n 1
    sql 'create table appended (client int, id bigint, filler text)'
    echo "== load"
    append 1 & first=$!
    append 2 & second=$!
    as_postgres pgbench -n -c 2 -T 10000 bench >/run/pgbench.log 2>&1 & bench=$!
}

# database_progress ROWS: waits for so many more commits.
database_progress() {
    local goal=$(($(committed) + $1)) attempt
    for attempt in $(seq 900); do
        [ "$(committed)" -ge $goal ] && return
        sleep 0.2
    done
    echo "no progress: $(committed) rows committed, $goal expected"
    cat /run/errors.* /run/postgresql/log
    exit 1
}

# database_stop: ends the load.
database_stop() {
    echo "$(committed) rows committed; stopping the load"
    touch /run/stop
    wait $first $second
    sql "select count(pg_terminate_backend(pid)) from pg_stat_activity where application_name = 'pgbench'" >/run/ended
    wait $bench || true
    cat /run/errors.*
}

# database_check DISK: compares, and leaves the disk unmounted.
database_check() {
    local client missing extra balances
    echo "== check of the database"
    # Not a clean stop: PostgreSQL recovers from its own log, which went through the crashes too.
    as_postgres pg_ctl -D /mnt/database -m immediate stop >/dev/null
    as_postgres pg_ctl -D /mnt/database -w -l /run/postgresql/log start >/dev/null
    for client in 1 2; do
        sql "select id from appended where client = $client order by id" >/run/found.$client
        # Every acknowledged row; the last one may be there without its acknowledgement.
        sort /run/committed.$client >/run/committed
        sort /run/found.$client >/run/found
        comm -23 /run/committed /run/found >/run/missing
        comm -13 /run/committed /run/found >/run/extra
        missing=$(wc -l </run/missing) extra=$(wc -l </run/extra)
        echo "client $client: $(wc -l </run/committed.$client) committed, $(wc -l </run/found.$client) found, $missing missing, $extra extra"
        if [ "$missing" != 0 ] || [ "$extra" -gt 1 ]; then exit 1; fi
    done
    balances=$(sql "select (select sum(abalance) from pgbench_accounts) = (select sum(delta) from pgbench_history)
                       and (select sum(bbalance) from pgbench_branches) = (select sum(tbalance) from pgbench_tellers)")
    [ "$balances" = t ] || { echo "the balances disagree"; exit 1; }
    sql 'create extension amcheck'
    as_postgres pg_amcheck --heapallindexed bench
    echo "pg_amcheck good"
    as_postgres pg_ctl -D /mnt/database stop >/dev/null
    as_postgres pg_checksums -D /mnt/database --check | tail -n 4
    umount /mnt
    e2fsck -fn "$1"
}
