#!/usr/bin/env python3
"""Python at the account's side, kept running for a test so that a question does not cost a start of boto3.

One JSON object a line on standard input, {"code": "…", "args": {…}}, and one a line in answer: {"value": …} or
{"error": "…"}. The value is that of the code's last expression. Names that the code may use: `ec2`, `iam`, `logs`,
`clients` (any service: `clients.sts`), `inventory` (the module beside this one), `args`, and what earlier code
of the same process has defined.
"""

import ast
import json
import sys
import traceback

import inventory


def main() -> None:
    answers, sys.stdout = sys.stdout, sys.stderr  # what the code prints is no answer
    clients = inventory.Clients()
    names = {"clients": clients, "inventory": inventory}
    names |= {service: getattr(clients, service) for service in ("ec2", "iam", "logs")}
    for line in sys.stdin:
        question = json.loads(line)
        names["args"] = question.get("args")
        try:
            answer = {"value": evaluate(question["code"], names)}
            text = json.dumps(answer, default=str)
        except Exception:
            text = json.dumps({"error": traceback.format_exc()})
        print(text, file=answers, flush=True)


def evaluate(code, names):
    """Run the code, and return what its last statement is worth if that is an expression."""
    tree = ast.parse(code)
    last = tree.body.pop() if tree.body and isinstance(tree.body[-1], ast.Expr) else None
    exec(compile(tree, "<test>", "exec"), names)
    return eval(compile(ast.Expression(last.value), "<test>", "eval"), names) if last else None


if __name__ == "__main__":
    main()
