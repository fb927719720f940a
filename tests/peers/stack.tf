# The stack of `stack.toml` as a Terraform user writes it: a network in every zone, who may reach what, a role, a log
# group, one scheduler, and workers. `side_by_side.sh` runs both, and refuses to compare them if they differ;
# `terraform.sh` runs this alone, as the proof that a client which nobody here wrote accepts the simulated region.

terraform {
  required_providers {
    aws = {
      source = "hashicorp/aws"
    }
  }
}

variable "endpoint" {
  type        = string
  description = "where the simulated region is served"
}

variable "workers" {
  type    = number
  default = 10
}

provider "aws" {
  region                      = "us-east-1"
  access_key                  = "AKIAFAKEFAKEFAKEFAKE"
  secret_key                  = "fake"
  skip_credentials_validation = true
  skip_metadata_api_check     = true

  endpoints {
    ec2  = var.endpoint
    iam  = var.endpoint
    logs = var.endpoint
    sts  = var.endpoint
  }

  default_tags {
    tags = { stack = "peer" }
  }
}

data "aws_availability_zones" "all" {
  state = "available"
}

data "aws_ami" "newest" {
  most_recent = true
  owners      = ["amazon"]

  filter {
    name   = "name"
    values = ["al2023-ami-2023.*-x86_64"]
  }
}

locals {
  zones = toset(data.aws_availability_zones.all.names)
  place = { for index, zone in sort(data.aws_availability_zones.all.names) : zone => index }
  first = sort(data.aws_availability_zones.all.names)[0]
}

resource "aws_vpc" "peer" {
  cidr_block           = "10.0.0.0/16"
  enable_dns_hostnames = true
}

resource "aws_internet_gateway" "peer" {
  vpc_id = aws_vpc.peer.id
}

resource "aws_subnet" "public" {
  for_each          = local.zones
  vpc_id            = aws_vpc.peer.id
  availability_zone = each.key
  cidr_block        = cidrsubnet(aws_vpc.peer.cidr_block, 4, local.place[each.key])
}

resource "aws_subnet" "private" {
  for_each          = local.zones
  vpc_id            = aws_vpc.peer.id
  availability_zone = each.key
  cidr_block        = cidrsubnet(aws_vpc.peer.cidr_block, 4, local.place[each.key] + 8)
}

resource "aws_eip" "nat" {
  domain     = "vpc"
  depends_on = [aws_internet_gateway.peer]
}

resource "aws_nat_gateway" "peer" {
  allocation_id = aws_eip.nat.id
  subnet_id     = aws_subnet.public[local.first].id
}

resource "aws_route_table" "public" {
  vpc_id = aws_vpc.peer.id
}

resource "aws_route_table" "private" {
  vpc_id = aws_vpc.peer.id
}

resource "aws_route" "out" {
  route_table_id         = aws_route_table.public.id
  destination_cidr_block = "0.0.0.0/0"
  gateway_id             = aws_internet_gateway.peer.id
}

resource "aws_route" "nat" {
  route_table_id         = aws_route_table.private.id
  destination_cidr_block = "0.0.0.0/0"
  nat_gateway_id         = aws_nat_gateway.peer.id
}

resource "aws_route_table_association" "public" {
  for_each       = local.zones
  subnet_id      = aws_subnet.public[each.key].id
  route_table_id = aws_route_table.public.id
}

resource "aws_route_table_association" "private" {
  for_each       = local.zones
  subnet_id      = aws_subnet.private[each.key].id
  route_table_id = aws_route_table.private.id
}

resource "aws_vpc_endpoint" "s3" {
  vpc_id          = aws_vpc.peer.id
  service_name    = "com.amazonaws.us-east-1.s3"
  route_table_ids = [aws_route_table.public.id, aws_route_table.private.id]
}

resource "aws_security_group" "scheduler" {
  name        = "peer-scheduler"
  description = "who may reach the scheduler"
  vpc_id      = aws_vpc.peer.id
}

resource "aws_security_group" "cluster" {
  name        = "peer-cluster"
  description = "schedulers and workers among themselves"
  vpc_id      = aws_vpc.peer.id
}

resource "aws_vpc_security_group_ingress_rule" "scheduler" {
  for_each          = toset(["22", "8786", "8787"])
  security_group_id = aws_security_group.scheduler.id
  ip_protocol       = "tcp"
  from_port         = tonumber(each.key)
  to_port           = tonumber(each.key)
  cidr_ipv4         = "203.0.113.0/24"
}

resource "aws_vpc_security_group_ingress_rule" "cluster" {
  security_group_id            = aws_security_group.cluster.id
  ip_protocol                  = "-1"
  referenced_security_group_id = aws_security_group.cluster.id
}

resource "aws_vpc_security_group_egress_rule" "out" {
  for_each          = { scheduler = aws_security_group.scheduler.id, cluster = aws_security_group.cluster.id }
  security_group_id = each.value
  ip_protocol       = "-1"
  cidr_ipv4         = "0.0.0.0/0"
}

resource "aws_cloudwatch_log_group" "peer" {
  name              = "peer"
  retention_in_days = 30
}

resource "aws_iam_role" "peer" {
  name = "peer"
  path = "/peer/"
  assume_role_policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Effect    = "Allow"
      Action    = "sts:AssumeRole"
      Principal = { Service = "ec2.amazonaws.com" }
    }]
  })
}

resource "aws_iam_role_policy" "logs" {
  name = "logs"
  role = aws_iam_role.peer.id
  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Effect   = "Allow"
      Action   = ["logs:CreateLogStream", "logs:PutLogEvents"]
      Resource = "${aws_cloudwatch_log_group.peer.arn}:*"
    }]
  })
}

resource "aws_iam_instance_profile" "peer" {
  name = "peer"
  role = aws_iam_role.peer.name
}

# As with landfall no subnet gives public addresses by itself: this launch asks for one.
resource "aws_instance" "scheduler" {
  ami                         = data.aws_ami.newest.id
  instance_type               = "m6i.large"
  subnet_id                   = aws_subnet.public[local.first].id
  vpc_security_group_ids      = [aws_security_group.cluster.id, aws_security_group.scheduler.id]
  associate_public_ip_address = true
  iam_instance_profile        = aws_iam_instance_profile.peer.name
  user_data                   = "#!/bin/sh\necho scheduler\n"
  depends_on                  = [aws_route.out, aws_route_table_association.public]

  metadata_options {
    http_tokens = "required"
  }

  root_block_device {
    volume_type = "gp3"
    volume_size = 50
    encrypted   = true
  }
}

resource "aws_instance" "worker" {
  count                  = var.workers
  ami                    = data.aws_ami.newest.id
  instance_type          = "m6i.xlarge"
  subnet_id              = aws_subnet.private[local.first].id
  vpc_security_group_ids = [aws_security_group.cluster.id]
  iam_instance_profile   = aws_iam_instance_profile.peer.name
  user_data              = "#!/bin/sh\necho worker of ${aws_instance.scheduler.private_ip}\n"
  depends_on             = [aws_route.nat, aws_route_table_association.private]

  metadata_options {
    http_tokens = "required"
  }

  root_block_device {
    volume_type = "gp3"
    volume_size = 50
    encrypted   = true
  }
}
