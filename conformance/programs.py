#!/usr/bin/env python3
"""Runs real programs of this host in sandboxes, checks what they answer, and prints a table.

Usage: conformance/programs.py [--inside COMMAND] [--seconds N] [--natively] [NAME...]

Every check is a script that says exactly what is expected if the program works. --natively runs the scripts on this host
instead, as a check of the checks. --seconds is how long each class of stress-ng runs. A program that is not installed is
reported as such. The exit status is the number of checks that failed.
"""

import argparse
import os
import shlex
import shutil
import subprocess
import sys
import tempfile
import time

# name: (programs it needs, script, expected output). Each script runs by bash in an empty directory.
CHECKS = {}


def check(name, needs, script, expected):
    CHECKS[name] = (needs.split(), script.lstrip("\n"), expected.strip("\n"))


check(
    "busybox",
    "busybox",
    r"""
b=busybox
$b seq 1 1000 | $b awk '{s+=$1} END {print s}'
$b printf 'b\na\nc\na\n' | $b sort | $b uniq -c | $b sed 's/^ *//' | $b tr '\n' ' '; echo
$b dd if=/dev/zero bs=1024 count=64 2>/dev/null | $b md5sum | $b cut -c1-32
$b mkdir -p a/b/c; $b touch a/b/c/d; $b find a -type f
$b tar cf t.tar a; $b tar tf t.tar | $b wc -l
$b echo hello | $b gzip -c | $b gunzip -c
$b sh -c 'trap "echo caught" USR1; kill -USR1 $$; echo $((6 * 7))'
$b stat -c '%s %F' t.tar
$b ls /proc/self/fd >/dev/null && $b ps >/dev/null && $b df / >/dev/null && $b date >/dev/null && echo fine
$b expr 3 \* 4; $b vi -h >/dev/null 2>&1; $b timeout 1 $b sleep 5; echo $?
""",
    """
500500
2 a 1 b 1 c 
fcd6bcb56c1689fcef28b57c22475bad
a/b/c/d
4
hello
caught
42
3072 regular file
fine
12
143
""",
)

check(
    "bash",
    "bash",
    r"""
declare -A map=([one]=1 [two]=2); for k in one two; do echo -n "$k=${map[$k]} "; done; echo
diff <(seq 3) <(seq 3) && echo same
coproc CAT { cat; }; echo through >&"${CAT[1]}"; read -r line <&"${CAT[0]}"; echo "$line"; eval "exec ${CAT[1]}>&-"; wait
(sleep 0.1; exit 3) & wait $!; echo $?
trap 'echo term' TERM; kill -TERM $$; echo after
set -m; sleep 5 & kill -STOP %1; sleep 0.2; jobs | grep -c Stopped; kill -KILL %1; sleep 0.5; jobs -s | wc -l
read -t 0.1 x < <(sleep 1); [ $? -gt 128 ] && echo timeout
echo {a..e} $((2**62)) ${#PWD} | cut -c1-10
ulimit -n 64; ulimit -n; cat <<<here; printf '%q\n' 'a b'
exec 7<>file; echo data >&7; exec 7>&-; cat file; [[ abc =~ b(c) ]] && echo ${BASH_REMATCH[1]}
seq 100000 | while read -r n; do ((s+=n)); done; echo ${PIPESTATUS[@]}
""",
    """
one=1 two=2 
same
through
3
term
after
1
0
timeout
a b c d e 
64
here
a\\ b
data
c
0 0
""",
)

check(
    "coreutils",
    "sha256sum",
    r"""
seq 1000 | sort -rn | head -1; seq 100000 | shuf | sort -n --parallel=2 | sha256sum | cut -c1-16
seq 10 | split -l 3 - part; ls part* | wc -l; cat part* | tail -n 1
dd if=/dev/zero of=hole bs=1 count=1 seek=10M 2>/dev/null; stat -c %s hole; cp --sparse=always hole copy; cmp hole copy && echo equal
mkdir -p x/y; touch -d @86400 x/y/f; ln x/y/f x/hard; ln -s y/f x/soft; cp -a x z; stat -c '%h %Y' z/hard; readlink z/soft
chmod 4751 z/hard; stat -c %a z/hard; install -m 600 x/hard i; stat -c %a i
mv z moved; rm -r moved; ls -d moved 2>/dev/null || echo gone
timeout 0.2 sleep 5; echo $?; nice -n 5 nice; env -i A=1 env; printf '%s\n' a b | tac | paste -sd,
date -u -d @0 +%F; truncate -s 5G big; stat -c %s big; mkfifo p; (echo via > p &); cat p
printf 'x y\n' | tee t1 t2 >/dev/null; cat t1 t2 | wc -w; seq 5 | xargs -P 2 -n 1 echo | sort | tr -d '\n'; echo
tail -f --pid=$$ t1 & sleep 0.1; kill $!; wait $! 2>/dev/null; df . >/dev/null && du -s . >/dev/null && echo fine
""",
    """
1000
b2bc7d3f8b652d2e
4
10
10485761
equal
2 86400
y/f
4751
600
gone
124
5
A=1
b,a
1970-01-01
5368709120
via
4
12345
x y
fine
""",
)

check(
    "perl",
    "perl",
    r"""
cat > t.pl <<'P'
use strict; use warnings; use POSIX qw(:sys_wait_h strftime mkfifo); use Socket; use IO::Select; use Fcntl qw(:flock);
my %h; $h{$_} = $_ * 2 for 1 .. 100000; print scalar(keys %h), "\n";
open my $p, '-|', 'echo', 'child' or die; print <$p>; close $p;
my $pid = fork // die; exit 3 unless $pid; waitpid $pid, 0; print $? >> 8, "\n";
socketpair my $near, my $far, AF_UNIX, SOCK_STREAM, 0 or die; my $n = 0;
if (!fork) { syswrite $far, "x" x 70000; exit } close $far; while (sysread $near, my $d, 9999) { $n += length $d } wait; print "$n\n";
local $SIG{ALRM} = sub { print "alarm\n" }; alarm 1; select undef, undef, undef, 3;
print strftime('%Y-%m-%d', gmtime 0), "\n"; open my $l, '>', 'lock'; print flock($l, LOCK_EX | LOCK_NB) ? "locked\n" : "not\n";
socket my $s, AF_INET, SOCK_STREAM, 0; bind $s, sockaddr_in(0, INADDR_LOOPBACK); listen $s, 5; my ($port) = sockaddr_in getsockname $s;
if (!fork) { socket my $c, AF_INET, SOCK_STREAM, 0; connect $c, sockaddr_in($port, INADDR_LOOPBACK) or die; syswrite $c, "tcp\n"; exit }
accept my $c, $s; print scalar <$c>; print "done\n";
P
perl t.pl
""",
    """
100000
child
3
70000
alarm
1970-01-01
locked
tcp
done
""",
)

check(
    "python",
    "python3",
    r"""
python3 - <<'P'
import asyncio, ctypes, hashlib, multiprocessing, sqlite3, subprocess, ssl, threading, concurrent.futures, urllib.request, http.server
server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), http.server.SimpleHTTPRequestHandler)
server.RequestHandlerClass.log_message = lambda *a: None
threading.Thread(target=server.serve_forever, daemon=True).start()
open("page", "w").write("served"); print(urllib.request.urlopen("http://127.0.0.1:%d/page" % server.server_port).read().decode())
def square(x): return x * x
with multiprocessing.get_context("fork").Pool(2) as pool: print(sum(pool.map(square, range(1000))))
with concurrent.futures.ThreadPoolExecutor(8) as pool: print(sum(pool.map(square, range(1000))))
print(subprocess.run(["sh", "-c", "echo out; exit 4"], capture_output=True))
async def main():
    process = await asyncio.create_subprocess_exec("cat", stdin=-1, stdout=-1)
    return (await process.communicate(b"async"))[0]
print(asyncio.run(main()), ctypes.CDLL(None).abs(-3))
P
""",
    """
served
332833500
332833500
CompletedProcess(args=['sh', '-c', 'echo out; exit 4'], returncode=4, stdout=b'out\\n', stderr=b'')
b'async' 3
""",
)

check(
    "node",
    "node",
    r"""
cat > t.js <<'J'
const http = require('http'), fs = require('fs'), cp = require('child_process'), { Worker } = require('worker_threads');
const server = http.createServer((request, response) => response.end('hello ' + request.url));
const get = port => new Promise((ok, bad) => http.get({ port, path: '/x' }, response => {
  let text = ''; response.on('data', d => text += d); response.on('end', () => ok(text)); }).on('error', bad));
(async () => {
  await new Promise(ok => server.listen(0, '127.0.0.1', ok));
  const all = await Promise.all(Array.from({ length: 50 }, () => get(server.address().port)));
  console.log(all.length, new Set(all)); server.close();
  fs.mkdirSync('d/e', { recursive: true }); await fs.promises.writeFile('d/e/f', 'abc'); console.log(fs.readFileSync('d/e/f', 'utf8'));
  fs.rmSync('d', { recursive: true }); console.log(fs.existsSync('d'), cp.execSync('echo child').toString().trim());
  const cat = cp.spawn('cat'); let text = ''; cat.stdout.on('data', d => text += d); cat.stdin.end('piped');
  console.log(await new Promise(ok => cat.on('close', ok)), text);
  const workers = Array.from({ length: 4 }, (_, i) => new Promise(ok => new Worker(
    'let s = 0; for (let i = 0; i < 1e6; i++) s += i; require("worker_threads").parentPort.postMessage(s)', { eval: true }).on('message', ok)));
  console.log((await Promise.all(workers)).join());
  console.log((await new Promise(ok => require('zlib').gzip('x'.repeat(10000), (e, b) => ok(b)))).length < 200);
})();
J
node t.js
""",
    """
50 Set(1) { 'hello /x' }
abc
false child
0 piped
499999500000,499999500000,499999500000,499999500000
true
""",
)

check(
    "java",
    "javac java",
    r"""
cat > T.java <<'J'
import java.io.*; import java.net.*; import java.util.*; import java.util.concurrent.*; import java.util.concurrent.atomic.*;
public class T { public static void main(String[] a) throws Exception {
  var n = new AtomicLong(); var all = new ArrayList<Thread>();
  for (int i = 0; i < 100; i++) { var t = new Thread(() -> { for (int k = 0; k < 10000; k++) n.incrementAndGet(); }); t.start(); all.add(t); }
  for (var t : all) t.join(); System.out.println(n);
  var server = new ServerSocket(0, 50, InetAddress.getLoopbackAddress());
  new Thread(() -> { try { for (int i = 0; i < 20; i++) { try (var s = server.accept()) { s.getOutputStream().write(s.getInputStream().read() + 1); } } } catch (IOException e) { e.printStackTrace(); } }).start();
  int sum = 0; for (int i = 0; i < 20; i++) { try (var s = new Socket(server.getInetAddress(), server.getLocalPort())) { s.getOutputStream().write(i); sum += s.getInputStream().read(); } } System.out.println(sum);
  var keep = new ArrayDeque<byte[]>(); long length = 0; for (int i = 0; i < 20000; i++) { keep.add(new byte[100_000]); if (keep.size() > 300) length += keep.poll().length; } System.out.println(length);
  try { var list = new ArrayList<byte[]>(); while (true) list.add(new byte[1 << 20]); } catch (OutOfMemoryError e) { System.out.println("out of memory"); }
  var p = new ProcessBuilder("sh", "-c", "echo sub; exit 5").start(); System.out.print(new String(p.getInputStream().readAllBytes())); System.out.println(p.waitFor());
} }
J
javac T.java && java -Xmx64m T
""",
    """
1000000
210
1970000000
out of memory
sub
5
""",
)

# The largest heap is a quarter of the memory that the cgroup's files name. Natively there may be no such file.
check(
    "java-limits",
    "java",
    r"""
memory=$(cat /sys/fs/cgroup/memory.max); cpus=$(nproc)
heap=$(java -XX:+PrintFlagsFinal -version 2>/dev/null | awk '$2 == "MaxHeapSize" {print $4}')
[ $heap = $((memory / 4)) ] && echo a quarter || echo heap $heap of $memory
cat > C.java <<'J'
public class C { public static void main(String[] a) { System.out.println(Runtime.getRuntime().availableProcessors()); } }
J
[ "$(java C.java)" = $cpus ] && echo all CPUs; java -Xlog:os+container=info -version 2>&1 | grep -c 'not enabled'
""",
    """
a quarter
all CPUs
0
""",
)

check(
    "gcc-make",
    "gcc g++ make ld",
    r"""
for i in $(seq 60); do printf '#include "all.h"\nint f%d(int x) { int s = 0; for (int i = 0; i < x; i++) s += i * %d; return s; }\n' $i $i > f$i.c; done
for i in $(seq 60); do echo "int f$i(int);"; done > all.h
{ echo '#include <stdio.h>'; echo '#include "all.h"'; echo 'int main(void) { long s = 0;'; for i in $(seq 60); do echo "s += f$i(10);"; done; echo 'printf("%ld\n", s); return 0; }'; } > main.c
cat > m.cc <<'C'
#include <iostream>
#include <map>
#include <thread>
int main() { std::map<int, int> m; for (int i = 0; i < 1000; i++) m[i] = i; std::thread t([] { std::cout << "thread\n"; }); t.join();
  try { throw 5; } catch (int e) { std::cout << e << " " << m.size() << "\n"; } }
C
printf '.SUFFIXES:\nOBJECTS=$(patsubst %%.c,%%.o,$(wildcard *.c))\n.PHONY: everything\neverything: prog plus lib.so\nprog: $(OBJECTS)\n\tgcc -o $@ $^\nplus: m.cc\n\tg++ -O1 -pthread -o $@ $<\nlib.so: $(OBJECTS)\n\tld -r -o all.o $(filter-out main.o,$^)\n\tgcc -shared -o $@ f1.o\n%%.o: %%.c all.h\n\tgcc -O2 -fPIC -c -o $@ $<\n' > Makefile
make -j2 >/dev/null && ./prog && ./plus; touch f7.c; make -j2 | grep -c 'gcc -O2'; nm all.o | grep -c ' T f'; make -q prog && echo up to date
""",
    """
82350
thread
5 1000
1
60
up to date
""",
)

check(
    "go",
    "go",
    r"""
export HOME=$PWD GOFLAGS=-mod=mod; cat > g.go <<'G'
package main
import ("fmt"; "io"; "net"; "net/http"; "os"; "os/exec"; "os/signal"; "sync"; "syscall"; "time")
func main() {
	var wg sync.WaitGroup; var mu sync.Mutex; s := 0; ch := make(chan int, 10)
	for i := 0; i < 1000; i++ { wg.Add(1); go func(i int) { defer wg.Done(); time.Sleep(time.Duration(i%10) * time.Millisecond); mu.Lock(); s += i; mu.Unlock(); ch <- i }(i) }
	go func() { wg.Wait(); close(ch) }(); t := 0; for v := range ch { t += v }; fmt.Println(s, t)
	o, e := exec.Command("echo", "sub").Output(); fmt.Print(string(o), e, "\n")
	c := make(chan os.Signal, 1); signal.Notify(c, syscall.SIGUSR1); syscall.Kill(os.Getpid(), syscall.SIGUSR1); fmt.Println(<-c)
	l, e := net.Listen("tcp", "127.0.0.1:0"); if e != nil { panic(e) }
	go http.Serve(l, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { fmt.Fprint(w, "served ", r.URL.Path) }))
	r, e := http.Get("http://" + l.Addr().String() + "/go"); if e != nil { panic(e) }; b, _ := io.ReadAll(r.Body); fmt.Println(string(b))
}
G
go build -o g g.go && ./g
""",
    """
499500 499500
sub
<nil>
user defined signal 1
served /go
""",
)

check(
    "sqlite",
    "sqlite3",
    r"""
{ echo 'PRAGMA journal_mode=WAL; CREATE TABLE t(a INTEGER PRIMARY KEY, b TEXT); BEGIN;'
  seq 100000 | awk '{print "INSERT INTO t VALUES(" $1 ",'\''x" $1 "'\'');"; if ($1 % 100 == 0) print "COMMIT; BEGIN;"}'; echo 'COMMIT;'; } | sqlite3 t.db
sqlite3 t.db 'SELECT count(*), sum(a) FROM t; PRAGMA integrity_check; DELETE FROM t WHERE a % 2; VACUUM; SELECT count(*) FROM t;'
(for i in 1 2 3; do sqlite3 -cmd '.timeout 20000' t.db "INSERT INTO t(b) VALUES('p$i')" & done; wait); sqlite3 t.db 'SELECT count(*) FROM t'
""",
    """
wal
100000|5000050000
ok
50000
50003
""",
)

check(
    "redis",
    "redis-server redis-cli redis-benchmark",
    r"""
redis-server --port 7379 --bind 127.0.0.1 --save '' --appendonly yes > log & sleep 1; r='redis-cli -p 7379'
for i in 1 2 3 4 5 6 7 8 9 10; do $r ping >/dev/null 2>&1 && break; sleep 0.5; done
$r set key value; $r get key; redis-benchmark -p 7379 -n 10000 -c 20 -t set,get,lpush -q 2>&1 | tr '\r' '\n' | grep -c 'requests per second'
$r bgsave >/dev/null; sleep 1; $r info persistence | tr -d '\r' | grep -E 'last_bgsave_status|aof_last_write'; $r llen mylist; $r shutdown; wait; ls dump.rdb
""",
    """
OK
value
3
rdb_last_bgsave_status:ok
aof_last_write_status:ok
10000
dump.rdb
""",
)

check(
    "nginx",
    "nginx ab",
    r"""
mkdir -p html logs; seq 2000 > html/index.html
cat > nginx.conf <<C
worker_processes 2; pid $PWD/nginx.pid; error_log $PWD/logs/error.log;
events { worker_connections 256; }
http { access_log $PWD/logs/access.log; sendfile on; tcp_nopush on; client_body_temp_path $PWD/b; proxy_temp_path $PWD/p; fastcgi_temp_path $PWD/f; uwsgi_temp_path $PWD/u; scgi_temp_path $PWD/s;
  server { listen 127.0.0.1:7080; root $PWD/html; } }
C
chmod -R a+rX . 2>/dev/null; echo "user root;" >> nginx.conf
nginx -p $PWD -c $PWD/nginx.conf; sleep 0.5
ab -q -n 1000 -c 10 http://127.0.0.1:7080/ | grep -E 'Complete|Failed' | tr -s ' '
ab -q -k -n 1000 -c 10 http://127.0.0.1:7080/ | grep -E 'Complete|Failed' | tr -s ' '
nginx -p $PWD -c $PWD/nginx.conf -s reload; sleep 0.5; nginx -p $PWD -c $PWD/nginx.conf -s quit; sleep 0.5; wc -l < logs/access.log; ls nginx.pid 2>/dev/null || echo stopped
""",
    """
Complete requests: 1000
Failed requests: 0
Complete requests: 1000
Failed requests: 0
2000
stopped
""",
)

check(
    "postgres",
    "setpriv /usr/lib/postgresql/*/bin/initdb",
    r"""
export PATH=$(echo /usr/lib/postgresql/*/bin):$PATH LC_ALL=C.UTF-8; chmod 777 . 
cat > as-user <<'U'
initdb -D d -A trust -U me > log 2>&1 || cat log
pg_ctl -D d -o "-c listen_addresses=127.0.0.1 -c port=7432 -k $PWD" -w -l server.log start >/dev/null || cat server.log
createdb -h 127.0.0.1 -p 7432 -U me bench; export PGHOST=$PWD PGPORT=7432 PGUSER=me PGDATABASE=bench
pgbench -q -i -s 1 2>/dev/null; pgbench -c 4 -j 2 -t 100 2>/dev/null | grep -E 'actually|failed'
psql -Atc 'SELECT count(*) FROM pgbench_accounts; SELECT count(*) FROM pgbench_history; SELECT sum(a) FROM generate_series(1, 100000) a'
pg_ctl -D d -m fast stop >/dev/null; grep -c 'is shut down' server.log
U
setpriv --reuid 65534 --regid 65534 --clear-groups bash as-user
""",
    """
number of transactions actually processed: 400/400
number of failed transactions: 0 (0.000%)
100000
400
5000050000
1
""",
)

check(
    "git",
    "git",
    r"""
export HOME=$PWD GIT_CONFIG_NOSYSTEM=1; git config --global user.email a@b; git config --global user.name n; git config --global init.defaultBranch main
git init -q one; cd one; for i in $(seq 200); do echo $i > f$i; done; git add -A; git commit -qm first; cd ..
git clone -q one two; cd two; echo x >> f1; git mv f2 g2; git commit -qam second; git gc -q; git fsck --strict 2>/dev/null; git log --format=%s
git push -q origin HEAD:refs/heads/other; cd ../one; git branch --format='%(refname:short)'; git merge -q other; git status --short | wc -l; git stash list; git diff HEAD~1 --stat | tail -1; git count-objects -v | grep -c garbage
""",
    """
second
first
main
other
0
 2 files changed, 1 insertion(+)
2
""",
)

check(
    "archives",
    "tar gzip xz rsync",
    r"""
mkdir -p r/d; for i in $(seq 100); do seq $((i * 50)) > r/d/f$i; done; ln -s d/f1 r/soft; ln r/d/f2 r/hard; mkfifo r/fifo; truncate -s 1M r/sparse
tar czf r.tgz r; mkdir o; tar xzpf r.tgz -C o; diff -r --no-dereference r/d o/r/d && echo tar gzip
stat -c '%h %s' o/r/hard o/r/sparse | head -1; tar cJf r.txz r/d; xz -t r.txz && xz -dc r.txz | tar t | wc -l; tar cSf s.tar r/sparse; [ $(stat -c %s s.tar) -lt 100000 ] && echo sparse
rsync -a r/ s/; rsync -a --delete --stats r/ s/ | grep 'files transferred' ; echo more >> r/d/f9; rm r/d/f10; rsync -a --delete -i r/ s/ | sort | tr '\n' ';'; echo; diff -r --no-dereference r/d s/d && echo rsync
gzip -k r/d/f100; gzip -dc r/d/f100.gz | cmp - r/d/f100 && echo gzip
""",
    """
tar gzip
2 292
101
sparse
Number of regular files transferred: 0
*deleting   d/f10;.d..t...... d/;>f.st...... d/f9;
rsync
gzip
""",
)

for kind in "cpu vm fork pipe signal futex io".split():
    check(
        "stress-ng-" + kind,
        "stress-ng",
        "stress-ng --%s 2 --timeout $SECONDS_EACH --verify --temp-path . > log 2>&1 && grep -o 'successful run completed' log || cat log\n" % kind,
        "successful run completed",
    )

check(
    "strace",
    "strace gcc",
    r"""
strace -f -o log sh -c 'echo hi | cat; exit 3'; echo $?; grep -c 'exited with 3' log; grep -c 'write(1, "hi' log
strace -c -o sums true; grep -c total sums; strace -e trace=openat cat /dev/null 2>&1 | grep -c /dev/null
sleep 5 & strace -o attached -p $! & sleep 1; kill %1; wait 2>/dev/null; grep -c 'killed by SIGTERM' attached
""",
    """
hi
3
1
2
1
1
1
""",
)

check(
    "gdb",
    "gdb gcc",
    r"""
cat > t.c <<'C'
#include <stdio.h>
#include <pthread.h>
static int twice(int x) {
  int y = x * 2;
  return y;
}
static void *run(void *a) { return (void *)(long)twice(21); }
int main(void) { pthread_t t; void *r; pthread_create(&t, NULL, run, NULL); pthread_join(t, &r); printf("%ld\n", (long)r); return 4; }
C
gcc -g -pthread -o t t.c
gdb -q -nx -batch -ex 'set debuginfod enabled off' -ex 'break twice' -ex run -ex 'print x' -ex 'backtrace 1' -ex next -ex 'print y' -ex 'set var y = 50' -ex 'info threads' -ex continue ./t > log 2>&1
grep -E '^\$|^50|code 04' log | sed 's/Inferior 1 (process [0-9]*)/it/; s/\[//; s/\]//'; grep -c 'twice (x=21)' log | sed 's/[1-9]/some/'; grep -c LWP log | sed 's/[1-9]/some/'
""",
    """
$1 = 21
$2 = 42
50
it exited with code 04
some
some
""",
)


def missing(needs):
    import glob

    for need in needs:
        if not (glob.glob(need) if need.startswith("/") else shutil.which(need)):
            return need
    return None


def run(script, prefix, seconds):
    prelude = "export SECONDS_EACH=%d LC_ALL=C.UTF-8 PATH=/usr/sbin:/usr/bin:/sbin:/bin\ncd $(mktemp -d) || exit 1\n" % seconds
    command = prefix + ["bash", "-c", prelude + script]
    with tempfile.TemporaryDirectory(dir="/dev/shm") as directory:
        os.chmod(directory, 0o755)
        environment = dict(os.environ, TMPDIR=directory)
        try:
            done = subprocess.run(
                command, stdin=subprocess.DEVNULL, capture_output=True, text=True, errors="replace",
                env=environment, timeout=300 + 2 * seconds,
            )
        except subprocess.TimeoutExpired as late:
            return (late.stdout or b"").decode(errors="replace"), "no end after %d s" % late.timeout
    return done.stdout, done.stderr


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--inside", help="what starts a command in a sandbox; default: ./picket run -m 2g host --")
    parser.add_argument("--seconds", type=int, default=3)
    parser.add_argument("--natively", action="store_true")
    parser.add_argument("names", nargs="*")
    options = parser.parse_args()
    os.environ["PATH"] += ":/usr/sbin"
    root = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
    prefix = shlex.split(options.inside) if options.inside else [root + "/picket", "run", "-m", "2g", "host", "--"]
    failed = 0
    for name, (needs, script, expected) in CHECKS.items():
        if options.names and name not in options.names:
            continue
        lacking = missing(needs)
        if lacking:
            print("%-18s not installed: %s" % (name, lacking), flush=True)
            continue
        start = time.monotonic()
        output, errors = run(script, [] if options.natively else prefix, options.seconds)
        seconds = time.monotonic() - start
        fine = output.strip("\n") == expected
        failed += not fine
        print("%-18s %-6s %6.1f s" % (name, "ok" if fine else "FAILED", seconds), flush=True)
        if not fine:
            print("  wanted:\n    " + expected.replace("\n", "\n    "))
            print("  got:\n    " + output.strip("\n")[-3000:].replace("\n", "\n    "))
            print("  errors:\n    " + errors[-3000:].replace("\n", "\n    "), flush=True)
    return failed


if __name__ == "__main__":
    sys.exit(main())
