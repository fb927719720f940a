//! `[tags]` of the stack and of clusters.

use snapbox::str;

use super::*;

#[test]
fn too_many_tags() {
    let tags =
        |prefix: &str, count: usize| -> String { (0..count).map(|tag| format!("{prefix}{tag} = \"\"\n")).collect() };
    parsed(&format!("{HEAD}[tags]\n{}", tags("t", 40)));
    parsed(&format!("{HEAD}[tags]\n{}[cluster.analytics.tags]\n{}", tags("t", 40), tags("t", 40)));
    check_after_head(
        &format!("[tags]\n{}", tags("t", 41)),
        str![[r#"
error: tags: 41 tags are too many for one resource
 --> landfall.toml:3:1
  |
3 | [tags]
  | ^^^^^^ at most 40
  |
  = help: AWS takes 50 tags on a resource, and landfall needs some for itself

"#]],
    );
    let together = format!("[cluster.analytics.tags]\n{}[tags]\n{}", tags("a", 21), tags("b", 20));
    check_after_head(
        &together,
        str![[r#"
error: cluster.analytics.tags: 41 tags are too many for one resource
 --> landfall.toml:3:1
  |
3 | [cluster.analytics.tags]
  | ^^^^^^^^^^^^^^^^^^^^^^^^ at most 40
  |
  = help: AWS takes 50 tags on a resource, and landfall needs some for itself

"#]],
    );
}

#[test]
fn long_tags() {
    let longest = format!("{HEAD}[tags]\n{} = \"{}\"\n", "k".repeat(128), "é".repeat(256));
    assert_eq!(parsed(&longest).tags.len(), 1);
    check_after_head(
        &format!("tags = {{ {} = \"x\" }}\n", "k".repeat(129)),
        str![[r#"
error: tags: a tag's key has 1 to 128 characters, this one has 129
 --> landfall.toml:3:10
  |
3 | ... { kkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkk = ...
  |       ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^

"#]],
    );
    check_after_head(
        &format!("tags = {{ key = \"{}\" }}\n", "v".repeat(257)),
        str![[r#"
error: tags.key: a tag's value has up to 256 characters, this one has 257
 --> landfall.toml:3:16
  |
3 | ... = "vvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvv" }
  |       ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^

"#]],
    );
}

#[test]
fn tags() {
    check_after_head(
        r#"tags = { owner = 3, "AWS:x" = "1", "landfall:y" = "2", "" = "x", "a#" = "b", c = "d!" }
"#,
        str![[r#"
error: tags.owner: expected a string, found a whole number
 --> landfall.toml:3:18
  |
3 | tags = { owner = 3, "AWS:x" = "1", "landfall:y" = "2", "" = "x", "a#" = "b", c = "d!" }
  |                  ^ this is a whole number
  |
  = help: write it in quotes: "3"

error: tags.AWS:x: tags that start with `aws:` are reserved for AWS
 --> landfall.toml:3:21
  |
3 | tags = { owner = 3, "AWS:x" = "1", "landfall:y" = "2", "" = "x", "a#" = "b", c = "d!" }
  |                     ^^^^^^^ choose another key

error: tags.landfall:y: tags that start with `landfall:` are reserved for landfall
 --> landfall.toml:3:36
  |
3 | tags = { owner = 3, "AWS:x" = "1", "landfall:y" = "2", "" = "x", "a#" = "b", c = "d!" }
  |                                    ^^^^^^^^^^^^ choose another key

error: tags: a tag's key has 1 to 128 characters, this one has 0
 --> landfall.toml:3:56
  |
3 | tags = { owner = 3, "AWS:x" = "1", "landfall:y" = "2", "" = "x", "a#" = "b", c = "d!" }
  |                                                        ^^

error: tags.a#: a tag's key cannot have `#` in it
 --> landfall.toml:3:66
  |
3 | tags = { owner = 3, "AWS:x" = "1", "landfall:y" = "2", "" = "x", "a#" = "b", c = "d!" }
  |                                                                  ^^^^
  |
  = help: tags are letters, digits, spaces and _ . : / = + - @

error: tags.c: a tag's value cannot have `!` in it
 --> landfall.toml:3:82
  |
3 | tags = { owner = 3, "AWS:x" = "1", "landfall:y" = "2", "" = "x", "a#" = "b", c = "d!" }
  |                                                                                  ^^^^
  |
  = help: tags are letters, digits, spaces and _ . : / = + - @

"#]],
    );
}

#[test]
fn tags_that_iam_takes_for_one() {
    check_after_head(
        r#"tags = { Team = "a", team = "b" }
"#,
        str![[r#"
error: tags.team: differs from `Team` in case only
 --> landfall.toml:3:29
  |
3 | tags = { Team = "a", team = "b" }
  |                             ^^^ choose another key
  |
  = help: the role carries the same tags, and IAM takes both keys for one

"#]],
    );
}
