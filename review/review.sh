#!/usr/bin/env bash
# Posts one review of the reports that the artifacts hold. Their content and their names come from a run
# that a fork controls: no name is printed, and a link is not followed.
set -euo pipefail

if [ "$TFMP_FOUND" != success ]; then
  printf '::notice title=tfmp::there is no review to post: the run left no report\n'
  exit 0
fi
reports=()
for file in "$TFMP_FOLDER"/*.json; do
  if [ -f "$file" ] && ! [ -L "$file" ]; then
    reports+=(--report "$file")
  fi
done
# As many as a matrix has jobs.
count=$((${#reports[@]} / 2))
if [ "$count" -gt 256 ]; then
  printf '::error title=tfmp::the artifacts hold %s reports, more than the jobs of any matrix\n' "$count"
  exit 2
fi
if [ "$count" -eq 0 ]; then
  printf '::notice title=tfmp::there is no review to post: the run left no report\n'
  exit 0
fi
"$TFMP_PROGRAM" review "${reports[@]}"
