# What ops/setup, ops/run and ops/test share; sourced by them.

set -euo pipefail
root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
state=$root/.penstock
readonly root state

if [ -t 1 ] && [ -z "${NO_COLOR:-}" ]; then bold=$'\e[1m' dim=$'\e[2m' red=$'\e[31m' plain=$'\e[0m'
else bold='' dim='' red='' plain=''; fi

say() { printf '%s==>%s %s\n' "$bold" "$plain" "$*"; }

# die MESSAGE… [--log FILE]: says why, shows the end of a log, ends.
die() {
    local words=() log=''
    while [ $# -gt 0 ]; do
        if [ "$1" = --log ]; then log=$2; shift 2; else words+=("$1"); shift; fi
    done
    printf '%serror:%s %s\n' "$red" "$plain" "${words[*]}" >&2
    if [ -n "$log" ] && [ -s "$log" ]; then
        printf '%s--- the end of %s%s\n' "$dim" "${log#"$root"/}" "$plain" >&2
        tail -n 20 "$log" >&2
    fi
    exit 1
}

# quietly LOG TEXT COMMAND…: runs with its output in LOG; a terminal sees the time pass, a failure shows the log's end.
quietly() {
    local log=$1 text=$2 began=$SECONDS pid status=0
    shift 2
    mkdir -p "$(dirname "$log")"
    "$@" >"$log" 2>&1 &
    pid=$! busy_pid=$!
    while kill -0 "$pid" 2>/dev/null; do
        [ -t 1 ] && printf '\r%s==>%s %s … %ds  ' "$bold" "$plain" "$text" $((SECONDS - began))
        sleep 0.5
    done
    wait "$pid" || status=$?
    busy_pid=''
    [ -t 1 ] && printf '\r\e[K'
    [ $status -eq 0 ] || die "$text failed (exit code $status)" --log "$log"
    say "$text: done in $((SECONDS - began)) s"
}

# Background commands do not hear Ctrl-C: what quietly runs ends with us.
busy_pid=''
stop_busy() { [ -z "$busy_pid" ] || kill -TERM "$busy_pid" 2>/dev/null || true; }
trap stop_busy EXIT

# port_is_free PORT: whether nobody listens there on the loopback address.
port_is_free() { ! (exec 3<>"/dev/tcp/127.0.0.1/$1") 2>/dev/null; }

# free_port FIRST: the first free port from FIRST on.
free_port() {
    local port
    for ((port = $1; port < $1 + 200 && port < 65536; port++)); do
        if port_is_free "$port"; then echo "$port"; return; fi
    done
    die "no free port between $1 and $((port - 1))"
}

# stat_field PID NUMBER: a field of what the kernel knows of a process, counted from its state on.
stat_field() { sed 's/.*) //' "/proc/$1/stat" 2>/dev/null | cut -d' ' -f"$2"; }

# A process is ours only if the pid in its file was started when the file says: pids are used again.
started_at() { stat_field "$1" 20; }
write_pid() { printf '%s %s\n' "$2" "$(started_at "$2")" >"$1"; }

# running_pid FILE: the pid of the process that FILE tells of, if it still runs.
running_pid() {
    local pid start stage
    [ -r "$1" ] && read -r pid start <"$1" || return 1
    [ -n "$start" ] && [ "$(started_at "$pid")" = "$start" ] || return 1
    # A zombie has ended; its parent has not looked yet.
    stage=$(stat_field "$pid" 1) || return 1
    [ "$stage" != Z ] || return 1
    echo "$pid"
}

# stop_process NAME FILE SECONDS: TERM, and KILL after SECONDS; nothing when it does not run.
stop_process() {
    local pid deadline
    if pid=$(running_pid "$2"); then
        kill -TERM "$pid" 2>/dev/null || true
        deadline=$((SECONDS + $3))
        while running_pid "$2" >/dev/null && [ $SECONDS -lt $deadline ]; do sleep 0.1; done
        if pid=$(running_pid "$2"); then
            printf '%s did not end within %d s and is killed\n' "$1" "$3" >&2
            kill -KILL "$pid" 2>/dev/null || true
        fi
    fi
    rm -f "$2"
}
