#!/usr/bin/env bash
# Posts the one report that the artifact holds. Its content and its names come from a run that a fork
# controls: no name is printed, and a link is not followed.
set -euo pipefail

if [ "$TFMP_FOUND" != success ]; then
  printf '::notice title=tfmp::there is no review to post: the run left no report\n'
  exit 0
fi
count=0
report=
for file in "$TFMP_FOLDER"/*.json; do
  if [ -f "$file" ] && ! [ -L "$file" ]; then
    count=$((count + 1))
    report=$file
  fi
done
if [ "$count" -ne 1 ]; then
  printf '::error title=tfmp::the artifact holds %s reports instead of one\n' "$count"
  exit 2
fi
"$TFMP_PROGRAM" review --report "$report"
