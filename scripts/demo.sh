#!/usr/bin/env bash
# The main job, step by step, for a person who reads along. Everything happens in a scratch folder; nothing is left
# running. `make demo` prepares what it needs.
set -euo pipefail

root=$(cd "$(dirname "$0")/.." && pwd)
export PATH="$root/.venv/bin:$root/.tools/bin:$PATH"
scratch=$(mktemp -d)
registry_pid=
finish() {
  if [ -n "$registry_pid" ]; then kill "$registry_pid" 2>/dev/null || true; fi
  rm -rf "$scratch"
}
trap finish EXIT

if [ -t 1 ]; then bold=$'\e[1m' dim=$'\e[2m' plain=$'\e[0m'; else bold='' dim='' plain=''; fi
say() { printf '\n%s%s%s\n' "$bold" "$*" "$plain"; }
# Show a command, run it, and go on also where it is meant to fail.
run() {
  printf '%s$ %s%s\n' "$dim" "$*" "$plain"
  "$@" || printf '%s(exit code %s)%s\n' "$dim" "$?" "$plain"
}
quietly() { git -c user.name=demo -c user.email=demo@example.com -c init.defaultBranch=main -c commit.gpgsign=false "$@" > /dev/null 2>&1; }

project="$scratch/project"
mkdir "$project"
cp -r "$root/charts" "$root/envs" "$root/towpath.yaml" "$root/.gitattributes" "$project/"
printf '.towpath/\n__pycache__/\n' > "$project/.gitignore"
cd "$project"
export GIT_CONFIG_GLOBAL=/dev/null GIT_CONFIG_NOSYSTEM=1

say "1. Typed settings and charts become plain YAML, one folder an environment."
run towpath synth
run towpath synth
quietly init
quietly add -A
quietly commit -m "Five platforms in three environments"

say "2. One object, as it will be reviewed and synced."
run head -n 40 dist/production/pms/deployment_backend.yaml

say "3. Proof: every file is its compiled object linked with the pinned images, and nothing else is there."
run towpath verify -e production -p pms
run towpath verify --compile -e production -p pms

say "4. Somebody edits a rendered file by hand. The proof says which."
sed -i 's/replicas: 2/replicas: 5/' dist/production/pms/deployment_backend.yaml
run towpath verify -e production -p pms
quietly checkout -- dist

say "5. A setting is mistyped, and another has a wrong value. Both are named at once, and nothing is written."
sed -i 's/^  replicas: 2/  replcas: 2/; s/log_level: warn/log_level: warning/' envs/production/pms.yaml
run towpath synth
quietly checkout -- envs

say "6. A new image is pushed to a registry. It is pinned by the digest of the bytes that the registry sends."
port=$(python -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])')
crane registry serve --address "127.0.0.1:$port" > "$scratch/registry.log" 2>&1 &
registry_pid=$!
python - "$port" <<'PYTHON'
import socket, sys, time
for _ in range(100):
    try:
        socket.create_connection(("127.0.0.1", int(sys.argv[1])), timeout=1).close()
        break
    except OSError:
        time.sleep(0.05)
PYTHON
for version in 1.4.1 1.4.2 1.5.0; do
  python "$root/scripts/example_images.py" --registry "127.0.0.1:$port" --version "$version" > /dev/null
done
run towpath pin development/pms backend=:1.5.0 --mirror "ghcr.io=http://127.0.0.1:$port"

say "7. No chart ran and no Node was started: dist/ was relinked, and the change is the digest and nothing else."
run git --no-pager diff --stat
run git --no-pager diff --unified=0 -- envs dist/development/pms/deployment_backend.yaml
run towpath verify -e development -e production -p pms
quietly checkout -- .

say "8. The environment repository: plain Git, and nothing else. Its pull requests are kept inside of it."
quietly init --bare "$scratch/environments.git"
quietly remote add origin "file://$scratch/environments.git"
quietly push origin main
promote() { run towpath promote --platform pms --mirror "ghcr.io=http://127.0.0.1:$port" "$@"; }

say "9. The new backend goes into development, by pull request. Asking again changes nothing."
promote --to development --image backend=:1.5.0
promote --to development --image backend=:1.5.0
run towpath pulls merge 1

say "10. From development to staging: exactly the digests that development's pins say. First the plan, then the pull request."
promote --from development --to staging --dry-run | sed -n '1,/^$/p'
promote --from development --to staging

say "11. What its reviewer reads."
run towpath pulls show 2
run towpath pulls merge 2

say "12. Production may not skip staging, and takes what staging has."
promote --from development --to production
promote --from staging --to production
run towpath pulls merge 3

say "13. The log of the environment repository, and the folder that Argo CD watches."
quietly fetch origin
quietly checkout -f -B main origin/main
run git --no-pager log --graph --format='%h %s%n%w(0,4,4)%(trailers:key=Towpath-Source,key=Towpath-Target,key=Towpath-Plan)' -n 4
grep -A 4 'source:' dist/production/argocd/application.argoproj.io_pms-production.yaml
run towpath images -p pms
run towpath verify -e production -p pms
