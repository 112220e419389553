#!/usr/bin/env bash
# Builds the program of a release so that whoever builds it again from the same commit, wherever, has the
# same bytes: `build.sh TARGET [PROFILE]` prints the path of the program.
#
# What would differ is where the folders of this machine are: they are written as others. The rest is
# given: rust-toolchain.toml names the compiler, Cargo.lock the crates, and build.rs knows no clock. What
# C compiler there is counts, too.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

target=$1
profile=${2:-release}

# native FOLDER: as the compiler writes it. On Windows, bash and the compiler differ in this.
native() {
  if command -v cygpath >/dev/null; then
    cygpath --windows "$1"
  else
    printf '%s' "$1"
  fi
}

root=$(native "$PWD")
cargo_home=$(native "${CARGO_HOME:-$HOME/.cargo}")
sysroot=$(rustc --print sysroot)
commit=$(rustc -vV | sed -n 's/^commit-hash: //p')

# The folders may have blanks, so flags are apart by something else, or quoted.
flags=(
  "--remap-path-prefix=$root=/tfmp"
  "--remap-path-prefix=$cargo_home=/cargo"
  "--remap-path-prefix=$sysroot/lib/rustlib/src/rust=/rustc/$commit"
  "--remap-path-prefix=$sysroot=/rust"
)
c_flags="'-ffile-prefix-map=$root=/tfmp' '-ffile-prefix-map=$cargo_home=/cargo'"
case $target in
  *-msvc)
    # Instead of the time, the linker writes a hash of what it links.
    flags+=(-Clink-arg=/Brepro)
    c_flags=/Brepro
    ;;
esac
printf -v joined '%s\x1f' "${flags[@]}"
export CARGO_ENCODED_RUSTFLAGS=${joined%$'\x1f'}
export "CFLAGS_${target//-/_}=$c_flags"
SOURCE_DATE_EPOCH=$(git log --max-count=1 --format=%ct)
export SOURCE_DATE_EPOCH CARGO_INCREMENTAL=0 CC_SHELL_ESCAPED_FLAGS=1

cargo build --locked --bin tfmp --target "$target" --profile "$profile" >&2
program=${CARGO_TARGET_DIR:-target}/$target/$profile/tfmp
if [ -f "$program.exe" ]; then
  program=$program.exe
fi
printf '%s\n' "$program"
