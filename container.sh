#!/bin/bash
# What the image of the Containerfile runs: the commands of docs/schedule.md. Where one of the two ends, both do.
set -eum # m: Prefect's programs end by SIGINT, which other background processes of a shell ignore

ended() {
    trap - INT TERM EXIT
    for process in ${worker:-} $server # the worker first: it tells the server of its end
    do
        kill -TERM "$process" 2>/dev/null || continue
        for _ in {1..16} # four seconds: docker stop gives ten, and a worker of Prefect may never end
        do
            kill -0 "$process" 2>/dev/null || break
            sleep 0.25
        done
        kill -KILL "$process" 2>/dev/null || true
    done
}

prefect --no-prompt server start &
server=$!
trap ended INT TERM EXIT

until python -c 'import os, urllib.request as ask; ask.urlopen(os.environ["PREFECT_API_URL"] + "/health", timeout=5)' 2>/dev/null
do
    kill -0 "$server"
    sleep 1
done

prefect work-pool create local --type process --overwrite
prefect --no-prompt deploy --all
prefect worker start --pool local &
worker=$!
wait -n
