#!/usr/bin/env bash
# The Secrets of the overlay local, new and random each time: bash k8s/overlays/local/secrets.sh | kubectl apply -f -
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT

key() { openssl rand -base64 32 | tr '+/' '-_' | tr -d '=\n'; }
encoded() { base64 < "$1" | tr -d '\n'; }
request() { openssl req -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -keyout "$folder/$1.key" "${@:2}" 2> /dev/null; }

# An authority of this cluster alone, and one certificate by it for both servers.
request ca -x509 -days 365 -subj '/CN=callbus development' -out "$folder/ca.crt"
request tls -subj '/CN=callbus' -out "$folder/tls.csr"
names='subjectAltName=DNS:graph-simulator,DNS:notification-receiver,DNS:localhost'
openssl x509 -req -in "$folder/tls.csr" -CA "$folder/ca.crt" -CAkey "$folder/ca.key" -days 365 \
  -extfile <(echo "$names") -out "$folder/tls.crt" 2> /dev/null
graphSecret=$(key)
callerSecret=$(key)

cat << SECRETS
apiVersion: v1
kind: Secret
metadata: { name: development-tls, namespace: callbus }
type: kubernetes.io/tls
data:
  ca.crt: $(encoded "$folder/ca.crt")
  tls.crt: $(encoded "$folder/tls.crt")
  tls.key: $(encoded "$folder/tls.key")
---
apiVersion: v1
kind: Secret
metadata: { name: callbus-callbacks, namespace: callbus }
stringData:
  CALLBACK_MAC_KEYS: $(key)
---
apiVersion: v1
kind: Secret
metadata: { name: callbus-graph, namespace: callbus }
stringData:
  GRAPH_CLIENT_SECRET: $graphSecret
---
# The second app is the one that calls the gateway: its id and secret are what your first call takes.
apiVersion: v1
kind: Secret
metadata: { name: graph-simulator, namespace: callbus }
stringData:
  CALLER_CLIENT_SECRET: $callerSecret
  SIMULATOR_APPS: |
    [
      { "clientId": "2891555a-92ff-42e6-80fa-6e1300c6b5c6", "clientSecret": "$graphSecret", "kind": "bot" },
      { "clientId": "5f1c9b7e-0d2a-4e63-8b57-9c4e1a6d2f38", "clientSecret": "$callerSecret", "kind": "caller" }
    ]
SECRETS
