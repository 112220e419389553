#!/usr/bin/env bash
# Ties the action to a release: `stamp.sh VERSION FOLDER` writes the version into action/version.txt and
# adds the checksums of the programs in the folder to action/checksums.txt. Sums of earlier releases
# stay, so that the input `version` may name them.
#
# `stamp.sh --check VERSION FOLDER` changes nothing and fails where the two files and the folder differ.
set -euo pipefail

runners=("Linux X64" "Linux ARM64" "macOS X64" "macOS ARM64" "Windows X64" "Windows ARM64")
action=$(cd -- "$(dirname -- "${BASH_SOURCE[0]}")/../action" && pwd)

fail() {
  printf '::error title=release::%s\n' "$1" >&2
  exit 1
}

digest() {
  if command -v sha256sum >/dev/null; then
    sha256sum <"$1"
  else
    shasum -a 256 <"$1"
  fi | cut -d ' ' -f 1
}

# The lines of checksums.txt for the programs of a release, whose names install.sh decides.
sums() {
  local runner asset sum count=0
  for runner in "${runners[@]}"; do
    asset=$(RUNNER_OS=${runner% *} RUNNER_ARCH=${runner#* } TFMP_VERSION=$1 bash "$action/install.sh" --asset)
    [ -s "$2/$asset" ] || fail "$asset is not in the folder"
    sum=$(digest "$2/$asset")
    printf '%s  %s\n' "$sum" "$asset"
    count=$((count + 1))
  done
  [ "$(find "$2" -type f | wc -l)" -eq "$count" ] || fail "the folder holds more than the programs"
}

main() {
  local check='' version folder lines line
  if [ "${1:-}" = --check ]; then
    check=yes
    shift
  fi
  version=$1
  folder=$2
  lines=$(sums "$version" "$folder")
  if [ -n "$check" ]; then
    [ "$(cat "$action/version.txt")" = "$version" ] || fail "action/version.txt does not name $version"
    while read -r line; do
      grep -qxF "$line" "$action/checksums.txt" || fail "action/checksums.txt lacks the line $line"
    done <<<"$lines"
    return
  fi
  if grep -qF " tfmp-$version-" "$action/checksums.txt"; then
    fail "action/checksums.txt knows $version already"
  fi
  printf '%s\n' "$version" >"$action/version.txt"
  printf '%s\n' "$lines" >>"$action/checksums.txt"
}

main "$@"
