#!/usr/bin/env bash
# `detect` and `init --yes` on a small project and on a tree of 50,000 files, beside a bare walk of the same tree.
# Needs hyperfine and ripgrep. Prints mean times in milliseconds and their ratio to the walk.
set -euo pipefail
cd "$(dirname "$0")/.."
for tool in hyperfine rg jq; do
    command -v "$tool" >/dev/null || { echo "$tool is missing" >&2; exit 1; }
done
cargo build --quiet --release
dockwright=$PWD/target/release/dockwright
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

cp -r tests/fixtures/node-express-npm "$work/small"
cp -r tests/fixtures/node-express-npm "$work/large"
# 500 folders of 100 files, a few levels deep, of the kinds that a real tree holds.
for group in $(seq 1 50); do
    for folder in $(seq 1 10); do
        dir=$work/large/src/group$group/folder$folder
        mkdir -p "$dir"
        for file in $(seq 1 100); do
            case $((file % 4)) in
                0) name=file$file.js ;; 1) name=file$file.css ;; 2) name=file$file.json ;; *) name=file$file.md ;;
            esac
            printf '// %s\n' "$name" >"$dir/$name"
        done
    done
done

printf '%-8s %-22s %10s %8s\n' tree command ms ratio
for tree in small large; do
    cd "$work/$tree"
    # init writes: each run begins without the files.
    hyperfine --style none --shell none --warmup 3 --prepare 'rm -f Dockerfile .dockerignore' --export-json "$work/$tree.json" \
        --command-name 'rg --files' 'rg --files --hidden --no-ignore' \
        --command-name 'detect' "$dockwright detect" \
        --command-name 'init --yes' "$dockwright init --yes" >/dev/null
    jq -r --arg tree "$tree" '.results[0].mean as $walk | .results[] |
        [$tree, .command, (.mean * 10000 | round / 10), (.mean / $walk * 100 | round / 100)] | @tsv' "$work/$tree.json" |
        while IFS=$'\t' read -r tree command ms ratio; do printf '%-8s %-22s %10s %8s\n' "$tree" "$command" "$ms" "$ratio"; done
done
