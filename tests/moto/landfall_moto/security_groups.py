"""Security groups and their rules."""

import ipaddress

from moto.core.responses import ActionResult
from moto.ec2.exceptions import EC2ClientError, InvalidPermissionDuplicateError
from moto.ec2.models.security_groups import SecurityGroupBackend, SecurityGroupRule
from moto.ec2.responses import EC2Response

from .repair import replaces


def canonical(cidr):
    """AWS clears the bits below the mask wherever it takes a CIDR; moto keeps the text. Not a CIDR: moto refuses it."""
    try:
        return str(ipaddress.ip_network(cidr, strict=False))
    except (TypeError, ValueError):
        return cidr


def source(rule) -> tuple:
    return rule.cidr_ipv4, rule.cidr_ipv6, rule.source_group.get("GroupId"), rule.prefix_list_id


def identity(rule) -> tuple:
    """What makes two rules the same to AWS: not their description, nor how the group's owner is written."""
    ports = (None, None) if rule.ip_protocol == "-1" else (rule.from_port, rule.to_port)
    return rule.ip_protocol, ports, source(rule)


SecurityGroupRule.__eq__ = lambda self, other: identity(self) == identity(other)


@replaces(SecurityGroupRule, "__init__")
def rule_with_canonical_source(original, self, *args, **kwargs):
    original(self, *args, **kwargs)
    for key in ("CidrIp", "CidrIpv6"):
        if self.ip_range.get(key):
            self.ip_range[key] = canonical(self.ip_range[key])
    # moto keeps no more than the id of a prefix list.
    prefix_list = args[7] if len(args) > 7 else kwargs.get("prefix_list_id")
    self.prefix_list_description = (prefix_list or {}).get("Description")


def description(rule):
    # AWS keeps the description of every rule; moto forgets those whose source is a group or a prefix list.
    return rule.ip_range.get("Description") or rule.source_group.get("Description") or rule.prefix_list_description


SecurityGroupRule.description = property(description)


def duplicate(rule) -> EC2ClientError:
    ports = "ALL" if rule.ip_protocol == "-1" else f"from port: {rule.from_port}, to port: {rule.to_port}"
    peer = next(filter(None, source(rule)), "")
    return EC2ClientError(
        "InvalidPermission.Duplicate",
        f'the specified rule "peer: {peer}, {(rule.ip_protocol or "").upper()}, {ports}, ALLOW" already exists',
    )


def _authorize(direction):
    @replaces(EC2Response, f"authorize_security_group_{direction}")
    def authorize(_original, self):
        # AWS adds all rules of a call or none, and answers with all of them. moto keeps those before the one it
        # refuses, and answers with those of the last permission.
        self.error_on_dryrun()
        named = self._get_param("GroupId") or self._get_param("GroupName")
        group = self.ec2_backend.get_security_group_by_name_or_id(named)
        if group is None:
            raise EC2ClientError("InvalidGroup.NotFound", f"The security group '{named}' does not exist")
        rules = f"{direction}_rules"
        before, added = list(getattr(group, rules)), []
        add = getattr(self.ec2_backend, f"authorize_security_group_{direction}")
        try:
            for permission in self._process_rules_from_querystring():
                added += add(**permission)[0]
        except Exception as error:
            gained = [rule for rule in getattr(group, rules) if rule not in before]
            setattr(group, rules, before)
            for rule in gained:
                self.ec2_backend.tags.pop(rule.id, None)
            if isinstance(error, InvalidPermissionDuplicateError):
                raise which_duplicate(self, group, before, direction) from None
            raise
        return ActionResult({"Return": True, "SecurityGroupRules": added})


def which_duplicate(self, group, before, direction) -> EC2ClientError:
    """AWS distinguishes a rule that exists from one that the call itself names twice."""
    for permission in self._process_rules_from_querystring():
        rules = self.ec2_backend._iterate_security_rules(
            permission["ip_protocol"],
            group.id,
            permission["from_port"],
            permission["to_port"],
            permission["ip_ranges"],
            permission["source_groups"],
            permission["prefix_list_ids"],
            is_egress=direction == "egress",
        )
        for rule in rules:
            if rule in before:
                return duplicate(rule)
    return EC2ClientError("InvalidParameterValue", "The same permission must not appear multiple times")


_authorize("ingress")
_authorize("egress")


def _revoke(direction):
    @replaces(EC2Response, f"revoke_security_group_{direction}")
    def revoke(original, self):
        # AWS names the rule id it does not know; moto speaks of a permission.
        group = self.ec2_backend.get_security_group_by_name_or_id(self._get_param("GroupId") or "")
        for rule_id in self._get_param("SecurityGroupRuleIds", []):
            if group is None or rule_id not in [rule.id for rule in getattr(group, f"{direction}_rules")]:
                raise EC2ClientError(
                    "InvalidSecurityGroupRuleId.NotFound", f"The security group rule ID '{rule_id}' does not exist"
                )
        return original(self)


_revoke("ingress")
_revoke("egress")


@replaces(SecurityGroupBackend, "modify_security_group_rules")
def modify_rules(_original, self, group_id, rules):
    # AWS replaces the rule under its id, whatever its source; moto does so for IPv4 sources.
    group = self.get_security_group_from_id(group_id)
    if group is None:
        raise EC2ClientError("InvalidGroup.NotFound", f"The security group '{group_id}' does not exist")
    for rule_id, wanted in rules.items():
        rule = group.get_rule(rule_id)
        if rule is None:
            raise EC2ClientError(
                "InvalidSecurityGroupRuleId.NotFound", f"The security group rule ID '{rule_id}' does not exist"
            )
        text = {"Description": wanted["Description"]} if wanted.get("Description") else {}
        ranges = {old: wanted[new] for old, new in (("CidrIp", "CidrIpv4"), ("CidrIpv6", "CidrIpv6")) if new in wanted}
        referenced = wanted.get("ReferencedGroupId")
        prefix_list = {"PrefixListId": wanted["PrefixListId"], **text} if "PrefixListId" in wanted else None
        changed = SecurityGroupRule(
            self,
            wanted.get("IpProtocol"),
            group.id,
            wanted.get("FromPort"),
            wanted.get("ToPort"),
            {**ranges, **text} if ranges else None,
            {"GroupId": referenced, "UserId": self.account_id, **text} if referenced else None,
            prefix_list,
            is_egress=rule.is_egress,
        )
        changed.id = rule.id
        siblings = group.egress_rules if rule.is_egress else group.ingress_rules
        if any(changed == other for other in siblings if other is not rule):
            raise duplicate(changed)
        siblings[next(n for n, other in enumerate(siblings) if other is rule)] = changed


@replaces(EC2Response, "create_security_group")
def names_without_case(original, self):
    # AWS: one group of a name in a VPC, whatever its case, and none called like an id or like the default group.
    name = self._get_param("GroupName") or ""
    if name.startswith("sg-"):
        raise EC2ClientError("InvalidParameterValue", f"Value ({name}) for parameter GroupName is invalid.")
    if name.lower() == "default":
        raise EC2ClientError("InvalidGroup.Reserved", f"The security group '{name}' is reserved")
    for group in self.ec2_backend.groups.get(self._get_param("VpcId"), {}).values():
        if group.name.lower() == name.lower():
            raise EC2ClientError(
                "InvalidGroup.Duplicate",
                f"The security group '{name}' already exists for VPC '{self._get_param('VpcId')}'",
            )
    return original(self)


@replaces(EC2Response, "delete_security_group")
def delete_security_group(original, self):
    # AWS keeps a group that is somebody's: the VPC's default one, an interface's, or another group's source. moto
    # deletes them all.
    named = self._get_param("GroupId") or self._get_param("GroupName")
    group = self.ec2_backend.get_security_group_by_name_or_id(named)
    if group is not None:
        if group.is_default:
            raise EC2ClientError(
                "CannotDelete",
                f'the specified group: "{group.id}" name: "{group.name}" cannot be deleted by a user',
            )
        if is_used(self.ec2_backend, group):
            raise EC2ClientError("DependencyViolation", f"resource {group.id} has a dependent object")
    return original(self)


def is_used(backend, group) -> bool:
    if any(group in interface.group_set for interface in backend.enis.values()):
        return True
    others = (other for groups in backend.groups.values() for other in groups.values() if other is not group)
    return any(
        rule.source_group.get("GroupId") == group.id
        for other in others
        for rule in other.ingress_rules + other.egress_rules
    )
