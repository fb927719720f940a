//! Text that is no TOML, or not quite.

use snapbox::str;

use super::*;

#[test]
fn values_without_quotes_do_not_hide_other_problems() {
    check(
        r#"name = "acme"
region = us-east-1
spot = yes
[firewall]
ports = 70000
"#,
        str![[r#"
error: `us-east-1` is not a value
 --> landfall.toml:2:10
  |
2 | region = us-east-1
  |          ^^^^^^^^^ a string is written in quotes

error: `yes` is not a value
 --> landfall.toml:3:8
  |
3 | spot = yes
  |        ^^^ write `true`

error: firewall.ports: expected a port from 1 to 65535, found 70000
 --> landfall.toml:5:9
  |
5 | ports = 70000
  |         ^^^^^ must be from 1 to 65535

"#]],
    );
}

#[test]
fn a_missing_value() {
    check(
        r#"name = "acme"
region =
"#,
        str![[r#"
error: the value is missing
 --> landfall.toml:2:9
  |
2 | region =
  |         ^ expected a value

"#]],
    );
}

#[test]
fn a_list_that_does_not_end() {
    check_after_head(
        r#"[firewall]
ports = [22, 8787
cidr = "0.0.0.0/0"
"#,
        str![[r#"
error: not valid TOML: missing comma between array elements, expected `,`
 --> landfall.toml:5:1
  |
5 | cidr = "0.0.0.0/0"
  | ^
  |
  = help: or is the `]` missing that ends the list above?

"#]],
    );
}

#[test]
fn a_string_that_does_not_end() {
    check(
        r#"name = "acme
region = "us-east-1"
"#,
        str![[r#"
error: not valid TOML: invalid basic string, expected `"`
 --> landfall.toml:1:13
  |
1 | name = "acme
  |             ^
  |
  = help: is the quote missing that ends the string?

"#]],
    );
}

#[test]
fn a_header_that_does_not_end() {
    check_after_head(
        r#"[firewall
ports = 22
"#,
        str![[r#"
error: not valid TOML: unclosed table, expected `]`
 --> landfall.toml:3:10
  |
3 | [firewall
  |          ^
  |
  = help: a table's header ends with `]`, such as [firewall]

"#]],
    );
}

#[test]
fn a_network_without_quotes() {
    check_after_head(
        r#"[network]
cidr = 10.0.0.0/16
"#,
        str![[r#"
error: not valid TOML: invalid float, expected nothing
 --> landfall.toml:4:12
  |
4 | cidr = 10.0.0.0/16
  |            ^^^^^^^
  |
  = help: if this is meant as a string, write it in quotes

"#]],
    );
}

#[test]
fn yaml() {
    check(
        r#"name: acme
region: us-east-1
"#,
        str![[r#"
error: not valid TOML: invalid unquoted key, expected letters, numbers, `-`, `_`
 --> landfall.toml:1:5
  |
1 | name: acme
  |     ^ write `=` in place of `:`

error: not valid TOML: key with no value, expected `=`
 --> landfall.toml:2:9
  |
2 | region: us-east-1
  |         ^
  |
  = help: a value is set like this: name = "acme"

"#]],
    );
}

#[test]
fn json() {
    check(
        r#"{"name": "acme"}
"#,
        str![[r#"
error: not valid TOML: invalid key-value pair, expected key
 --> landfall.toml:1:1
  |
1 | {"name": "acme"}
  | ^

"#]],
    );
}

#[test]
fn all_syntax_errors_are_shown_at_once() {
    check(
        r#"name = "acme
region: "us-east-1"
[firewall
ports = [1 2]
"#,
        str![[r#"
error: not valid TOML: invalid basic string, expected `"`
 --> landfall.toml:1:13
  |
1 | name = "acme
  |             ^
  |
  = help: is the quote missing that ends the string?

error: not valid TOML: invalid unquoted key, expected letters, numbers, `-`, `_`
 --> landfall.toml:2:7
  |
2 | region: "us-east-1"
  |       ^ write `=` in place of `:`

error: not valid TOML: unclosed table, expected `]`
 --> landfall.toml:3:10
  |
3 | [firewall
  |          ^
  |
  = help: a table's header ends with `]`, such as [firewall]

"#]],
    );
}

#[test]
fn a_value_that_is_used_as_a_table() {
    check_after_head(
        r#"cluster = 3
[cluster.analytics]
"#,
        str![[r#"
error: not valid TOML: cannot extend value of type integer with a dotted key
 --> landfall.toml:4:2
  |
4 | [cluster.analytics]
  |  ^^^^^^^ set to a value above, so it cannot be a table as well

"#]],
    );
}

#[test]
fn text_pasted_from_a_word_processor() {
    check(
        r#"name = “acme”
region = 'us-east-1'
[firewall]
ports = [22 8787]
"#,
        str![[r#"
error: `“acme”` is not a value
 --> landfall.toml:1:8
  |
1 | name = “acme”
  |        ^^^^^^ write straight quotes: "…"

error: `22 8787` is not a value
 --> landfall.toml:4:10
  |
4 | ports = [22 8787]
  |          ^^^^^^^ numbers are separated by commas

"#]],
    );
}
