#!/usr/bin/env bash
# Gets the program for the steps of the action and tells where it is (output `program`).
#
# Three ways, the first that applies:
#   TFMP_BINARY   the input `binary`: a program that is there already
#   cargo build   `uses: ./`, or a state of the action that no release belongs to; unless TFMP_VERSION is set
#   a release     of the action's own repository, of the version in version.txt or in TFMP_VERSION, and
#                 only the bytes that checksums.txt names: the tag that a workflow pins also pins those
#
# All that it takes is given as environment, never as text inside a script: see action.yml.
# Written for the bash 3.2 of macOS, Git's bash on Windows, and small containers.
#
# `install.sh --asset` prints the name of the release asset for this runner, and does nothing.
set -euo pipefail

here=$(cd -- "$(dirname -- "${BASH_SOURCE[0]}")" && pwd)
root=$(dirname -- "$here")

# What a workflow gave, fit for an annotation: nothing that the runner reads as a command or an escape.
shown() {
  printf '%s' "$1" | LC_ALL=C tr -c '[:alnum:] ._/\\:@+~=,-' '?' | cut -c 1-120
}

say() {
  printf 'tfmp: %s\n' "$1" >&2
}

# To standard error, where the runner reads commands too: most of this runs inside $( ).
fail() {
  printf '::error title=tfmp::%s\n' "$1" >&2
  exit 2
}

# The Rust target of this runner.
target() {
  case "${RUNNER_OS:-}-${RUNNER_ARCH:-}" in
    Linux-X64) printf x86_64-unknown-linux-musl ;;
    Linux-ARM64) printf aarch64-unknown-linux-musl ;;
    macOS-X64) printf x86_64-apple-darwin ;;
    macOS-ARM64) printf aarch64-apple-darwin ;;
    Windows-X64) printf x86_64-pc-windows-msvc ;;
    Windows-ARM64) printf aarch64-pc-windows-msvc ;;
    *)
      local system
      system=$(shown "${RUNNER_OS:-an unknown system}, ${RUNNER_ARCH:-unknown processor}")
      fail "there is no release of tfmp for this runner ($system): build one and name it with the input \`binary\`"
      ;;
  esac
}

# The version that belongs to this state of the action, or `unreleased`.
own_version() {
  local version=unreleased
  read -r version <"$here/version.txt" || true
  printf '%s' "$version"
}

wanted_version() {
  local version=${TFMP_VERSION:-}
  version=${version#v}
  if [ -z "$version" ]; then
    version=$(own_version)
  fi
  if ! [[ $version =~ ^[0-9]+\.[0-9]+\.[0-9]+(-[0-9A-Za-z.]+)?$ ]]; then
    fail "the input \`version\` is no version such as 1.2.3: $(shown "$version")"
  fi
  printf '%s' "$version"
}

# The name of a release asset: asset VERSION.
asset() {
  local target end=
  target=$(target)
  case "$target" in
    *-windows-*) end=.exe ;;
  esac
  printf 'tfmp-%s-%s%s' "$1" "$target" "$end"
}

# Whose releases are meant, as owner/name; nothing for an action of the checkout (`uses: ./`).
repository() {
  local path owner
  if [ -n "${TFMP_ACTION_REPOSITORY:-}" ]; then
    printf '%s' "$TFMP_ACTION_REPOSITORY"
    return
  fi
  # Where runners lay actions of other repositories: .../_actions/owner/name/ref.
  case "$root/" in
    */_actions/*/*/*)
      path=${root##*/_actions/}
      owner=${path%%/*}
      path=${path#*/}
      printf '%s/%s' "$owner" "${path%%/*}"
      ;;
  esac
}

digest() {
  if command -v sha256sum >/dev/null; then
    sha256sum <"$1"
  else
    shasum -a 256 <"$1"
  fi | cut -d ' ' -f 1
}

# The sum that this state of the action knows for an asset; nothing where it knows none.
known_digest() {
  local sum name
  while read -r sum name; do
    if [ "$name" = "$1" ]; then
      printf '%s' "$sum"
      return
    fi
  done <"$here/checksums.txt"
}

# fetch URL FILE
fetch() {
  if command -v curl >/dev/null; then
    curl --fail --silent --show-error --location --retry 3 --connect-timeout 20 --max-time 600 \
      --output "$2" --url "$1"
  else
    wget -q -T 60 -O "$2" "$1"
  fi
}

# Whether the release workflow of the repository attested these bytes. The checksum has been held
# against them before; this adds who built them. What keeps the question from being asked (no `gh`, no
# token, another host, no network) is said in the log; an answer against the program ends the run.
# attested FILE REPOSITORY
attested() {
  local folder bundle
  if [ "${GITHUB_SERVER_URL:-}" != https://github.com ] || [ -z "${GH_TOKEN:-}" ] ||
    ! gh attestation verify --help >/dev/null 2>&1; then
    say "the checksum is right; the attestation cannot be asked for here"
    return
  fi
  folder=$1.attestation
  rm -rf -- "$folder"
  mkdir -p -- "$folder"
  if ! (cd -- "$folder" && gh attestation download "$1" --repo "$2" >/dev/null &&
    gh attestation trusted-root >trusted-root.jsonl); then
    say "the checksum is right; the attestation could not be fetched"
    return
  fi
  bundle=$(find "$folder" -name 'sha256*.jsonl' | head -n 1)
  if [ -z "$bundle" ]; then
    rm -f -- "$1"
    fail "nobody attested the released program of $(shown "$2"), so it is not run"
  fi
  if ! gh attestation verify "$1" --repo "$2" --signer-workflow "$2/.github/workflows/release.yml" \
    --bundle "$bundle" --custom-trusted-root "$folder/trusted-root.jsonl" >/dev/null; then
    rm -f -- "$1"
    fail "the attestation of the released program does not hold for $(shown "$2"), so it is not run"
  fi
  say "attested by the release workflow of $(shown "$2")"
}

# Sets `program` to the released program, verified.
released() {
  local version asset expected repository folder server from=
  version=$(wanted_version)
  asset=$(asset "$version")
  expected=$(known_digest "$asset")
  if [ -z "$expected" ]; then
    fail "this state of the action has no checksum for $(shown "$asset"): pin the action to the tag of that version"
  fi
  if ! command -v sha256sum >/dev/null && ! command -v shasum >/dev/null; then
    fail "tfmp is not downloaded where nothing can verify it: neither sha256sum nor shasum is there"
  fi
  repository=$(repository)
  repository=${repository:-${GITHUB_REPOSITORY:-}}
  if ! [[ $repository =~ ^[A-Za-z0-9._-]+/[A-Za-z0-9._-]+$ ]]; then
    fail "the repository of the action is not known, so tfmp cannot be downloaded: name a program with the input \`binary\`"
  fi
  folder=$RUNNER_TEMP/tfmp/$version
  mkdir -p -- "$folder"
  program=$folder/$asset
  # An earlier step of the job may have brought it.
  if ! [ -f "$program" ] || [ "$(digest "$program")" != "$expected" ]; then
    # An action that a GitHub Enterprise Server took from github.com has its releases there.
    for server in "${GITHUB_SERVER_URL:-https://github.com}" https://github.com; do
      from=$server/$repository/releases/download/v$version/$asset
      if fetch "$from" "$program"; then
        break
      fi
      from=
    done
    if [ -z "$from" ]; then
      fail "$(shown "$asset") could not be downloaded from the releases of $(shown "$repository"): name a program with the input \`binary\` where the runner has no way there"
    fi
    if [ "$(digest "$program")" != "$expected" ]; then
      rm -f -- "$program"
      fail "the downloaded $(shown "$asset") has not the checksum that this state of the action knows, so it is not run"
    fi
    chmod +x "$program"
    attested "$program" "$repository"
  fi
}

# Sets `program` to one that is built of the source beside this file.
built() {
  local folder=${CARGO_TARGET_DIR:-$RUNNER_TEMP/tfmp/target}
  if ! command -v cargo >/dev/null; then
    fail "no release belongs to this state of the action, and there is no cargo to build it: pin the action to a released tag"
  fi
  say "built from source: no release belongs to this state of the action"
  # For one run, built soon is better than small.
  if ! (cd -- "$root" && CARGO_PROFILE_RELEASE_LTO=off CARGO_PROFILE_RELEASE_CODEGEN_UNITS=16 \
    cargo build --release --locked --bin tfmp --target-dir "$folder" >&2); then
    fail "tfmp could not be built from its source: the log of this step has what cargo says"
  fi
  program=$folder/release/tfmp
  if [ "${RUNNER_OS:-}" = Windows ]; then
    program=$program.exe
  fi
}

# Sets `program` to what the input `binary` names.
given() {
  case "$TFMP_BINARY" in
    *[[:cntrl:]]*) fail "the input \`binary\` is no path: $(shown "$TFMP_BINARY")" ;;
  esac
  if ! [ -f "$TFMP_BINARY" ]; then
    fail "the input \`binary\` names no file: $(shown "$TFMP_BINARY")"
  fi
  program=$(cd -- "$(dirname -- "$TFMP_BINARY")" && pwd)/$(basename -- "$TFMP_BINARY")
}

main() {
  local program='' version
  if [ "${1:-}" = --asset ]; then
    version=$(wanted_version)
    asset "$version"
    return
  fi
  if [ -n "${TFMP_BINARY:-}" ]; then
    given
  elif [ -z "${TFMP_VERSION:-}" ] && { [ "$(own_version)" = unreleased ] || [ -z "$(repository)" ]; }; then
    built
  else
    released
  fi
  case "$("$program" --version 2>/dev/null || true)" in
    'tfmp '*) ;;
    *) fail "$(shown "$program") does not run on this runner as tfmp" ;;
  esac
  say "$(shown "$("$program" --version)") in $(shown "$program")"
  printf 'program=%s\n' "$program" >>"$GITHUB_OUTPUT"
}

main "$@"
