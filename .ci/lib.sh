# For .ci/run and .ci/nightly: tools, parts that run beside each other, and the result. Sourced from the project's folder.
export CI=true DEBIAN_FRONTEND=noninteractive NO_COLOR=1
exec </dev/null
results=test-results

section() { printf '\n== %s (at %d s)\n' "$1" "$SECONDS"; }

# git for the tests of a bare clone, chromium for the one in a real browser.
install_tools() {
  local missing=() as_root=()
  [ "$(id -u)" -eq 0 ] || as_root=(sudo -n)
  command -v git >/dev/null || missing+=(git)
  command -v chromium >/dev/null || missing+=(chromium)
  # The lists are for etcd and the registry too: the tests find or unpack them by themselves, as they do for a person.
  "${as_root[@]}" apt-get update -q
  if [ ${#missing[@]} -gt 0 ]; then "${as_root[@]}" apt-get install -q -y --no-install-recommends "${missing[@]}"; fi
}

# Puts other versions of Node into npm's cache. A failure shows itself where the version is used.
fetch_nodes() {
  local version
  for version in "$@"; do npx -y -p "node@$version" -c 'node --version' || true; done
}

# Debian's packages, the Node versions, the project's own packages and the build.
prepare() {
  rm -rf "$results"
  mkdir -p "$results"
  fetch_nodes "$@" &
  local fetching=$!
  install_tools
  wait "$fetching"
  node demo/bootstrap/build.mjs
}

# with_node VERSION COMMAND…: runs the command on the newest Node of this major version.
with_node() {
  local version=$1 folder
  shift
  folder=$(npx -y -p "node@$version" -c 'dirname "$(command -v node)"') || return 1
  PATH="$folder:$PATH" node --version
  PATH="$folder:$PATH" "$@"
}

# part KEY NAME COMMAND…: runs the command and keeps its output, exit code and seconds. The output is printed at the end, so
# the lines of two parts never mix.
part() {
  local key=$1 name=$2 status=0 began=$SECONDS
  shift 2
  printf '%s: begins at %d s\n' "$name" "$began"
  OPSEE_TEST_REPORT="$results/$key.json" "$@" >"$results/$key.log" 2>&1 || status=$?
  local seconds=$((SECONDS - began))
  {
    flock 9
    printf '\n== %s: exit code %d after %d s\n' "$name" "$status" "$seconds"
    cat "$results/$key.log"
  } 9>"$results/printing.lock"
  printf '%s:%d:%d' "$name" "$status" "$seconds" >"$results/$key.part"
}

# tests KEY NAME COMMAND…: a part that writes a report of vitest.
tests() {
  part "$@"
  printf ':%s' "$results/$1.json" >>"$results/$1.part"
}

# result KEY…: the last lines. A part that left nothing behind is a failure.
result() {
  section Result
  local key lines=()
  for key in "$@"; do lines+=("$(cat "$results/$key.part" 2>/dev/null || printf '%s (did not run):1:0' "$key")"); done
  node .ci/summary.mjs "${lines[@]}"
}
