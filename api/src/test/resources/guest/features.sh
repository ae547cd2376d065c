#!/bin/bash
# Exercises a shell the way real scripts do. Prints one line a check; the last line says how many failed.
set -u
work=$(mktemp -d)
cd "$work" || exit 9
failed=0 passed=0

check() { # check NAME EXPECTED ACTUAL
    if [ "$2" = "$3" ]; then
        passed=$((passed + 1))
    else
        failed=$((failed + 1))
        printf 'FAILED %s: wanted <%s>, got <%s>\n' "$1" "$2" "$3"
    fi
}

# ---- variables and expansion
name=picket
check 'default value' fallback "${unset_variable:-fallback}"
check 'length' 6 "${#name}"
check 'suffix removal' pick "${name%et}"
check 'prefix removal' cket "${name#pi}"
check 'replacement' pocket "${name/i/o}"
check 'substring' ick "${name:1:3}"
check 'upper case' PICKET "${name^^}"
check 'arithmetic' 42 "$((6 * 7))"
check 'base conversion' 255 "$((16#ff))"

# ---- arrays
list=(one two three)
list+=(four)
check 'array length' 4 "${#list[@]}"
check 'array slice' 'two three' "${list[*]:1:2}"
declare -A map=([a]=1 [b]=2)
map[c]=3
check 'associative array' 3 "${#map[@]}"
check 'associative look-up' 2 "${map[b]}"

# ---- control flow
sum=0
for number in $(seq 1 100); do
    [ $((number % 3)) -eq 0 ] && continue
    sum=$((sum + number))
done
check 'loop with continue' 3367 "$sum"
countdown=5
while [ "$countdown" -gt 0 ]; do countdown=$((countdown - 1)); done
check 'while' 0 "$countdown"
case "$name" in
    p*t) answer=matched ;;
    *) answer=missed ;;
esac
check 'case' matched "$answer"
fibonacci() {
    local n=$1
    if [ "$n" -lt 2 ]; then echo "$n"; else echo $(($(fibonacci $((n - 1))) + $(fibonacci $((n - 2))))); fi
}
check 'recursion by subshells' 13 "$(fibonacci 7)"

# ---- pipes
check 'pipe' 3 "$(printf 'a\nb\nc\n' | wc -l | tr -d ' ')"
check 'long pipe' 'c b a' "$(printf 'a\nb\nc\n' | sort -r | cat | tr '\n' ' ' | sed 's/ $//')"
check 'pipe of a megabyte' 1000000 "$(head -c 1000000 /dev/zero | cat | cat | wc -c | tr -d ' ')"
false | true
check 'pipe status' '1 0' "${PIPESTATUS[*]}"
set -o pipefail
false | true
check 'pipefail' 1 "$?"
set +o pipefail
yes | head -n 3 >yes.txt
check 'reader that leaves early' 3 "$(wc -l <yes.txt | tr -d ' ')"

# ---- redirection and here-documents
cat >here.txt <<END
name is $name
sum is $sum
END
check 'here-document' 'name is picket' "$(head -n 1 here.txt)"
cat >quoted.txt <<'END'
name is $name
END
check 'quoted here-document' 'name is $name' "$(cat quoted.txt)"
check 'here-string' 6 "$(tr -d '\n' <<<"$name" | wc -c | tr -d ' ')"
{ echo out; echo err >&2; } >out.txt 2>err.txt
check 'both streams' 'out err' "$(cat out.txt) $(cat err.txt)"
exec 5>five.txt
echo 'through five' >&5
exec 5>&-
check 'own descriptor' 'through five' "$(cat five.txt)"
exec 6<five.txt
read -r line <&6
exec 6<&-
check 'read from a descriptor' 'through five' "$line"
check 'process substitution' same "$(diff <(echo x) <(echo x) >/dev/null && echo same)"
echo first >append.txt
echo second >>append.txt
check 'append' 2 "$(wc -l <append.txt | tr -d ' ')"
set -o noclobber
(echo again >append.txt) 2>/dev/null
check 'noclobber' 1 "$?"
set +o noclobber

# ---- files
mkdir -p a/b/c && touch a/b/c/{x,y,z}.txt
check 'brace expansion and globbing' 3 "$(ls a/b/c/*.txt | wc -l | tr -d ' ')"
check 'find' 3 "$(find a -name '*.txt' | wc -l | tr -d ' ')"
ln -s a/b link && check 'symbolic link' c "$(ls link)"
chmod 640 a/b/c/x.txt && check 'mode' 640 "$(stat -c %a a/b/c/x.txt)"
mv a/b/c/x.txt a/b/c/w.txt && check 'move' 'w.txt y.txt z.txt' "$(ls a/b/c | tr '\n' ' ' | sed 's/ $//')"
cp -r a copy && rm -rf a
check 'copy and remove' 'no yes' "$([ -e a ] && echo yes || echo no) $([ -d copy/b/c ] && echo yes || echo no)"
[ link -ef copy ] && check 'dangling link' x y
touch -d '2001-02-03 04:05:06 UTC' old && check 'time stamp' 981173106 "$(stat -c %Y old)"
[ old -ot five.txt ] && check 'older than' ok ok

# ---- text tools
printf 'b 2\na 1\nc 3\n' >data
check 'sort and cut' 'a b c' "$(sort data | cut -d' ' -f1 | tr '\n' ' ' | sed 's/ $//')"
check 'grep count' 2 "$(grep -c '[ab]' data)"
check 'sed' 'B 2' "$(sed -n '1s/b/B/p' data)"
check 'sort numeric' 'c 3' "$(sort -k2 -n -r data | head -n 1)"
check 'uniq' 2 "$(printf 'x\nx\ny\n' | uniq | wc -l | tr -d ' ')"
check 'xargs' '1 2 3' "$(printf '1\n2\n3\n' | xargs echo)"
check 'printf' '007|  x|1.50' "$(printf '%03d|%3s|%.2f' 7 x 1.5)"

# ---- traps and signals
(trap 'echo trapped >trap.txt; exit 3' TERM; kill -TERM $BASHPID; exit 0)
check 'trap' '3 trapped' "$? $(cat trap.txt)"
(trap 'echo leaving' EXIT; :) >exit.txt
check 'exit trap' leaving "$(cat exit.txt)"
trap 'interrupted=yes' USR1
interrupted=no
kill -USR1 $$
check 'trap in this shell' yes "$interrupted"
trap - USR1
(sleep 30) &
sleeper=$!
kill -KILL "$sleeper"
wait "$sleeper" 2>/dev/null
check 'killed job' 137 "$?"
timeout 1 sleep 20
check 'timeout' 124 "$?"

# ---- background jobs
for job in 1 2 3 4 5; do
    (sleep 0.0"$job"; echo "$job" >"job$job") &
done
wait
check 'background jobs' 15 "$(cat job? | paste -s -d+ | sed 's/^/echo $((/;s/$/))/' | bash)"
(exit 4) &
wait $!
check 'status of a job' 4 "$?"
sleep 0.05 &
check 'jobs' 1 "$(jobs -r | wc -l | tr -d ' ')"
wait
coproc ECHO { read -r word; echo "got $word"; }
echo hello >&"${ECHO[1]}"
read -r reply <&"${ECHO[0]}"
check 'coprocess' 'got hello' "$reply"
mkfifo pipe
(echo 'by fifo' >pipe) &
check 'named pipe' 'by fifo' "$(cat pipe)"
wait

# ---- processes
check 'exit status' 7 "$(bash -c 'exit 7'; echo $?)"
check 'not found' 127 "$(bash -c 'no-such-command' 2>/dev/null; echo $?)"
echo 'echo script "$@"' >script.sh && chmod +x script.sh
printf '#!/bin/bash\necho "shebang $1"\n' >shebang && chmod +x shebang
check 'script' 'script a b' "$(bash script.sh a b)"
check 'shebang' 'shebang x' "$(./shebang x)"
touch plain
check 'not executable' 126 "$(./plain 2>/dev/null; echo $?)"
check 'environment' 'value' "$(KEY=value bash -c 'echo $KEY')"
check 'subshell keeps variables apart' outer "$(v=outer; (v=inner); echo $v)"
check 'exec replaces' replaced "$(bash -c 'exec echo replaced; echo never')"
check 'parent process id' "$$" "$(bash -c 'echo $PPID')"
check 'ulimit' 64 "$(ulimit -n 64; ulimit -n)"
check 'umask' 600 "$(umask 077; touch private; stat -c %a private)"
check 'eval' 5 "$(eval 'echo $((2+3))')"
IFS=: read -r first second <<<'left:right'
check 'read with IFS' 'left right' "$first $second"
check 'getopts' 'a:b=2' "$(set -- -a -b 2; r=; while getopts ab: o; do case $o in a) r=a;; b) r=$r:b=$OPTARG;; esac; done; echo "$r")"
mapfile -t lines <data
check 'mapfile' 3 "${#lines[@]}"

# ---- a small program: prime numbers by a sieve, kept in files
sieve() {
    local limit=$1 number multiple
    for number in $(seq 2 "$limit"); do : >"sieve.$number"; done
    for number in $(seq 2 "$limit"); do
        [ -e "sieve.$number" ] || continue
        for ((multiple = number * number; multiple <= limit; multiple += number)); do rm -f "sieve.$multiple"; done
    done
    ls sieve.* | wc -l | tr -d ' '
}
check 'primes below 60' 17 "$(sieve 60)"

cd / && rm -rf "$work"
echo "$passed passed, $failed failed"
exit $((failed > 0))
