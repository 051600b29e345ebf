# What the judges share, to be sourced: their pinned tools in the ignored .tools/, and the service in a folder of its own
# that is gone at the end. Needs node and npm, or python3; scripts/test sees to them.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."

CONTRACT=openapi/backup-share.yaml
# Settings of whoever runs this are not what is judged.
for name in "${!BACKUP_SHARE_@}"; do unset "$name"; done
# The tools are to talk to nobody but the service.
export REDOCLY_TELEMETRY=off REDOCLY_SUPPRESS_UPDATE_NOTICE=true DO_NOT_TRACK=1 SCARF_ANALYTICS=false
export NO_PROXY="127.0.0.1${NO_PROXY:+,$NO_PROXY}" NO_COLOR=1

FOLDER=$(mktemp -d "${TMPDIR:-/tmp}/backup-share-judge.XXXXXX")
STARTED=()
trap leave EXIT
trap 'exit 130' INT
trap 'exit 143' TERM

# Ends what was started, the last first.
leave() {
  local at
  for ((at = ${#STARTED[@]} - 1; at >= 0; at--)); do
    kill "${STARTED[at]}" 2>/dev/null || true
    wait "${STARTED[at]}" 2>/dev/null || true
  done
  rm -rf "$FOLDER"
}

fail() {
  echo "${0##*/}: $*" >&2
  exit 1
}

# The tools of package-lock.json. No script of theirs runs at install.
node_tools() {
  NODE_TOOLS=$PWD/.tools/judges
  if ! cmp -s tests/judges/package-lock.json "$NODE_TOOLS/installed.json"; then
    rm -rf "$NODE_TOOLS"
    mkdir -p "$NODE_TOOLS"
    cp tests/judges/package.json tests/judges/package-lock.json "$NODE_TOOLS"
    npm ci --prefix "$NODE_TOOLS" --ignore-scripts --no-audit --no-fund --loglevel error
    cp tests/judges/package-lock.json "$NODE_TOOLS/installed.json"
  fi
  PATH=$NODE_TOOLS/node_modules/.bin:$PATH
}

# The tools of requirements.txt.
python_tools() {
  local venv=.tools/judges-python
  if ! cmp -s tests/judges/requirements.txt "$venv/installed.txt"; then
    python3 -m venv --clear "$venv"
    "$venv/bin/pip" install --quiet --disable-pip-version-check --no-deps --requirement tests/judges/requirements.txt
    cp tests/judges/requirements.txt "$venv/installed.txt"
  fi
  PATH=$PWD/$venv/bin:$PATH
}

# Starts the service with data.yaml on a free port: $PROGRAM at the address $SERVICE.
start_service() {
  PROGRAM=${SERVICE_UNDER_TEST:-}
  if [[ ! $PROGRAM ]]; then
    cargo build --quiet --locked --bin backup-share
    PROGRAM=${CARGO_TARGET_DIR:-target}/debug/backup-share
  fi
  "$PROGRAM" serve --listen 127.0.0.1:0 --database "sqlite:$FOLDER/store.db" --data tests/judges/data.yaml \
    >"$FOLDER/service.out" 2>"$FOLDER/service.log" &
  STARTED+=($!)
  wait_for "$FOLDER/service.out" '^listening on ' "${STARTED[-1]}" || fail "$PROGRAM did not start: $(cat "$FOLDER/service.log")"
  SERVICE=$(sed -n 's/^listening on //p' "$FOLDER/service.out")
}

# wait_for FILE PATTERN PROCESS: until a line of the file matches, a minute at most.
wait_for() {
  local try
  for ((try = 0; try < 600; try++)); do
    ! grep --quiet --no-messages "$2" "$1" || return 0
    kill -0 "$3" 2>/dev/null || return 1
    sleep 0.1
  done
  return 1
}
