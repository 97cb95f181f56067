# PostgreSQL with data checksums on ext4, for scripts that run in the guest: pgbench and two appending clients write until
# they are stopped; then everything that was committed must be there. The test sets SCALE.

bench_clients=2
programs=$(echo /usr/lib/postgresql/*/bin)
as_postgres() { setpriv --reuid postgres --regid postgres --init-groups env PATH="$programs:$PATH" LANG=C.UTF-8 "$@"; }
sql() { as_postgres psql -qAt bench -c "$1"; }
committed() { cat /run/committed.* | wc -l; }

append() { # CLIENT LAST: one commit a row, after the last one there is; a row's number is printed once its commit is acknowledged
    local id=$2
    while [ ! -e /run/stop ]; do
        id=$((id + 1))
        echo "insert into appended values ($1, $id, repeat('x', $((id % 400)))) returning id;"
    done | as_postgres psql -qAt -v ON_ERROR_STOP=1 bench >>/run/committed.$1 2>>/run/errors.$1
}

# database_start DISK: makes it and starts the load.
database_start() {
    mkfs.ext4 -q -F "$1"
    mount "$1" /mnt
    database_begin
}

# database_begin: makes it on what is mounted and starts the load.
database_begin() {
    install -d -o postgres -g postgres /mnt/database /run/postgresql
    echo "== initdb"
    as_postgres initdb --data-checksums -D /mnt/database >/run/initdb.log
    echo "${DATABASE_SETTINGS:-}" >>/mnt/database/postgresql.conf
    sync /mnt/database/postgresql.conf
    database_serve
    as_postgres createdb bench
    as_postgres pgbench -q -i -s "$SCALE" bench 2>&1 | tail -n 1
    sql 'create table appended (client int, id bigint, filler text)'
    : >/run/committed.1
    : >/run/committed.2
    echo 0 >/run/committed-by-pgbench
    database_load
}

# database_serve: starts the server.
database_serve() {
    as_postgres pg_ctl -D /mnt/database -w -l /run/postgresql/log start >/dev/null || { tail -n 30 /run/postgresql/log; exit 1; }
    server=$(head -n 1 /mnt/database/postmaster.pid)
}

# database_load: starts the load, or goes on with it.
database_load() {
    echo "== load"
    append 1 "$(wc -l </run/committed.1)" & first=$!
    append 2 "$(wc -l </run/committed.2)" & second=$!
    as_postgres pgbench -n -c "$bench_clients" -T 10000 bench >/run/pgbench.log 2>&1 & bench=$!
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
    pgbench_ended
    cat /run/errors.*
}

# pgbench_ended: waits for its end and remembers how many commits it was told of.
pgbench_ended() {
    local count
    wait $bench || true
    count=$(sed -n 's/^number of transactions actually processed: \([0-9]*\).*/\1/p' /run/pgbench.log)
    [ -n "$count" ] || { cat /run/pgbench.log; exit 1; }
    echo $(($(cat /run/committed-by-pgbench) + count)) >/run/committed-by-pgbench
}

# database_ends: waits until the server has given up, as it does when its log cannot be written, and its clients with it.
database_ends() {
    local attempt
    for attempt in $(seq 300); do
        if ! kill -0 $server 2>/run/gone; then
            grep PANIC /run/postgresql/log | tail -n 1
            wait $first || true
            wait $second || true
            pgbench_ended
            return
        fi
        sleep 0.2
        # A statement that fails ends its client; somebody has to go on writing.
        [ $((attempt % 10)) != 0 ] || timeout 20 setpriv --reuid postgres --clear-groups psql -qAt bench -c checkpoint || true
    done
    echo "the server goes on: $(committed) rows committed"
    tail -n 30 /run/postgresql/log
    exit 1
}

# database_recover DISK: with room again, the file system is checked and mounted, and the server recovers and goes on.
database_recover() {
    local status=0
    umount /mnt
    # 1: errors were mended; that the journal was given up counts as one.
    e2fsck -p "$1" || status=$?
    [ $status -le 1 ] || exit 1
    e2fsck -fn "$1" >/run/e2fsck || { cat /run/e2fsck; exit 1; }
    mount "$1" /mnt
    database_serve
    database_rows
    database_load
}

# database_rows: everything that was committed is there. What is there without having been acknowledged counts as committed now.
database_rows() {
    local client missing extra told found
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
        cp /run/found.$client /run/committed.$client
    done
    told=$(cat /run/committed-by-pgbench)
    found=$(sql 'select count(*) from pgbench_history')
    echo "pgbench: $told committed, $found found"
    if [ "$found" -lt "$told" ] || [ "$found" -gt $((told + bench_clients)) ]; then exit 1; fi
    echo "$found" >/run/committed-by-pgbench
}

# database_check DISK: compares, and leaves the disk unmounted.
database_check() {
    database_compare
    umount /mnt
    e2fsck -fn "$1"
}

# database_compare: everything that was committed is there, after a recovery of the database's own.
database_compare() {
    local balances
    echo "== check of the database"
    # Not a clean stop: PostgreSQL recovers from its own log, which went through the crashes too.
    as_postgres pg_ctl -D /mnt/database -m immediate stop >/dev/null
    database_serve
    database_rows
    balances=$(sql "select (select sum(abalance) from pgbench_accounts) = (select sum(delta) from pgbench_history)
                       and (select sum(bbalance) from pgbench_branches) = (select sum(tbalance) from pgbench_tellers)")
    [ "$balances" = t ] || { echo "the balances disagree"; exit 1; }
    sql 'create extension amcheck'
    as_postgres pg_amcheck --heapallindexed bench
    echo "pg_amcheck good"
    as_postgres pg_ctl -D /mnt/database stop >/dev/null
    as_postgres pg_checksums -D /mnt/database --check | tail -n 4
}
