#!/bin/bash
# Made by landfall: the @ROLE@ of cluster @CLUSTER@.
set -euo pipefail
mkdir -p /var/log/landfall /var/lib/landfall
exec > >(tee -a /var/log/landfall/boot.log) 2>&1

# The stream of this instance in the stack's log group. Logs are a help, not a condition: a cluster without them works.
token=$(curl -sf -X PUT http://169.254.169.254/latest/api/token -H 'X-aws-ec2-metadata-token-ttl-seconds: 300' || true)
instance=$(curl -sf -H "X-aws-ec2-metadata-token: $token" http://169.254.169.254/latest/meta-data/instance-id || hostname)
stream="@CLUSTER@/@ROLE@/$instance"
aws logs create-log-stream --region @REGION@ --log-group-name @LOG_GROUP@ --log-stream-name "$stream" || true
if dnf install -y amazon-cloudwatch-agent; then
  cat > /opt/aws/amazon-cloudwatch-agent/etc/landfall.json <<JSON
{"agent": {"region": "@REGION@", "run_as_user": "root"},
 "logs": {"logs_collected": {"files": {"collect_list": [
   {"file_path": "/var/log/landfall/*.log", "log_group_name": "@LOG_GROUP@", "log_stream_name": "$stream"}]}}}}
JSON
  /opt/aws/amazon-cloudwatch-agent/bin/amazon-cloudwatch-agent-ctl -a fetch-config -m ec2 -s \
    -c file:/opt/aws/amazon-cloudwatch-agent/etc/landfall.json || true
fi

# The system's own Python is too old for the Dask of today on some images.
python=python3
if ! python3 -c 'import sys; sys.exit(sys.version_info < (3, 10))'; then
  dnf install -y python3.12
  python=python3.12
fi
"$python" -m venv /opt/landfall
/opt/landfall/bin/pip install --no-input 'dask[complete]'

cat > /etc/systemd/system/landfall-dask.service <<UNIT
[Unit]
Description=Dask @ROLE@ of cluster @CLUSTER@
After=network-online.target
Wants=network-online.target
[Service]
ExecStart=/opt/landfall/bin/@COMMAND@
Restart=always
RestartSec=5
StandardOutput=append:/var/log/landfall/dask.log
StandardError=append:/var/log/landfall/dask.log
[Install]
WantedBy=multi-user.target
UNIT
systemctl daemon-reload
systemctl enable --now landfall-dask.service
