# Makes a PostgreSQL server in $2 with the programs in $1, starts and stops it as
# the lines of its input say, answers each, and removes everything when the input
# ends: then the test binary is gone. It must outlive whatever ended that one.
trap '' HUP INT PIPE TERM
bin=$1 dir=${2:?}
did() { if "$@" >>"$dir/log" 2>&1 </dev/null; then echo done; else echo not done; fi; }
ctl() { "$bin/pg_ctl" -D "$dir/data" -s -w -t 60 "$@"; }
make() {
  "$bin/initdb" -D "$dir/data" -U postgres -A scram-sha-256 --pwfile="$dir/password" \
    --no-locale -E UTF8 --no-sync && cat "$dir/settings" >>"$dir/data/postgresql.conf"
}
did make
while read -r order how; do
  case $order in
    start) did ctl start -l "$dir/log" -o "-p $how" ;;
    stop) did ctl stop -m "$how" ;;
  esac
done
ctl stop -m immediate >/dev/null 2>&1
cd / && rm -rf "$dir"
