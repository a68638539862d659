# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash disable=SC2034,SC2154,SC2317
#
# The programs that learning is judged by. Each NAME is in the list and has a function NAME that sets
#
#   words    the command
#   uid      who starts it, if not root
#   sysctls  settings of its namespaces, if not the kernel's own
#   port     what it listens on; then NAME_serves says from outside whether it does its work
#   ends     the signal that ends it
#   code     its exit status, if not 0
#
# and perhaps NAME_leaves, which says from outside whether what it was to do has been done when it
# has ended. Both look at all that the program is there for: what they let pass counts as not needed.
# They use: network COMMAND... in the container's network, left PATH for owner and mode of a file that it
# changed, changed PATH for where that file is, and the file $output.

workloads=(calculation http_8080 http_80 nginx postgres redis chown su ping httpd rsync tar useradd find)

# ---- programs that need nothing, or nothing but a port -------------------------------------------

calculation_title="python3, a calculation"
calculation() { words=(python3 -c 'print(sum(range(1000000)))'); }
calculation_leaves() { grep -qx 499999500000 "$output"; }

http_8080_title="python3 -m http.server 8080"
http_8080() { words=(python3 -m http.server --directory /var/www 8080) port=8080 ends=INT; }
http_8080_serves() { served 8080; }

http_80_title="python3 -m http.server 80"
http_80() { words=(python3 -m http.server --directory /var/www 80) port=80 ends=INT; }
http_80_serves() { served 80; }

served() { [ "$(network curl -sS --fail --max-time 5 "http://127.0.0.1:$1/index.html")" = 'served by whittle' ]; }

# ---- servers that step down ----------------------------------------------------------------------

nginx_title="nginx on port 80"
nginx() { words=(nginx -g 'daemon off;') port=80 ends=QUIT; }
nginx_serves() { served 80; }
nginx_leaves() { [ "$(left /var/lib/nginx/body)" = "33:0 700" ] && grep -q 'GET /index.html' "$(changed /var/log/nginx/access.log)"; }

postgres_title="PostgreSQL, initdb and server"
postgres() { words=(entry-postgres) port=5432 ends=INT; }
postgres_serves() {
  [ "$(network psql -h 127.0.0.1 -U postgres -Atc "create table t as select generate_series(1, 1000) n; select sum(n) from t")" = $'SELECT 1000\n500500' ]
}
postgres_leaves() { [ "$(left /var/lib/postgresql/data)" = "102:102 700" ] && [ "$(left /run/postgresql)" = "102:102 2775" ]; }

redis_title="Redis"
redis() { words=(entry-redis) port=6379 ends=TERM; }
redis_serves() { [ "$(network redis-cli set key value; network redis-cli get key)" = $'OK\nvalue' ]; }
redis_leaves() { [ "$(left /var/lib/redis)" = "101:0 755" ] && [ "$(left /var/lib/redis/dump.rdb | cut -d ' ' -f 1)" = 101:101 ]; }

httpd_title="busybox httpd -u www-data on port 80"
httpd() { words=(busybox httpd -f -p 80 -u www-data -h /var/www) port=80 ends=KILL code=137; }
httpd_serves() { served 80 && [ "$(identity)" = 33 ]; }

rsync_title="rsync --daemon with \"use chroot\""
rsync() { words=(rsync --daemon --no-detach) port=873 ends=TERM; }
rsync_serves() { network rsync --timeout=10 rsync://127.0.0.1/www/ | grep -q index.html; }

# ---- tools ---------------------------------------------------------------------------------------

chown_title="chown -R"
chown() { words=(chown -R app:app /srv/many); }
chown_leaves() { [ "$(left /srv/many /srv/many/1 /srv/many/3)" = $'1000:1000 755\n1000:1000 644\n1000:1000 644' ]; }

su_title="su nobody"
su() { words=(su -s /bin/sh nobody -c 'id -u; id -g'); }
su_leaves() { [ "$(tail -n 2 "$output")" = $'65534\n65534' ]; }

ping_title="ping with file capabilities, as a user"
ping() { words=(ping -c 1 -W 5 127.0.0.1) uid=1000; }
ping_leaves() { grep -q '1 received' "$output"; }

tar_title="tar, files of others and a device"
tar() { words=(tar -C /opt -xpf /srv/pack.tar); }
tar_leaves() {
  [ "$(left /opt/pack/data /opt/pack/bin /opt/pack/bin/special /opt/pack/null)" = \
    $'1000:1000 644\n1000:1000 555\n1000:33 6755\n0:0 666' ]
}

useradd_title="useradd -m"
useradd() { words=(useradd -m new); }
useradd_leaves() {
  [ "$(left /home/new /etc/shadow)" = $'1001:1001 755\n0:42 640' ] && grep -q '^new:x:1001:' "$(changed /etc/passwd)"
}

find_title="find over folders of others"
find() { words=(find /srv/theirs -type f); }
find_leaves() { grep -qx /srv/theirs/inner/file "$output"; }
