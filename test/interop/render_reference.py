"""A second, independent rendering of the router's prompt, with Python's own jinja2 and json.

usage: render_reference.py CONTRACT_DIR < cases.json > prompts.json
  cases.json    [{"pool": [..], "query": "..", "system": ".."|null, "turns": [..]|null, "select": true|false}]
  prompts.json  [".."]
"""

import json
import re
import sys
from pathlib import Path

from jinja2.exceptions import TemplateError
from jinja2.sandbox import ImmutableSandboxedEnvironment


def tojson(value, ensure_ascii=False, indent=None, separators=None, sort_keys=False):
    return json.dumps(
        value, ensure_ascii=ensure_ascii, indent=indent, separators=separators, sort_keys=sort_keys
    )


def raise_exception(message):
    raise TemplateError(message)


def compile_template(source):
    environment = ImmutableSandboxedEnvironment(trim_blocks=True, lstrip_blocks=True)
    environment.filters["tojson"] = tojson
    environment.globals["raise_exception"] = raise_exception
    return environment.from_string(source)


def pydantic_tool(name, description, parameters):
    properties = {
        key: {"type": p["type"], "description": p.get("description"), "enum": p.get("enum")}
        for key, p in parameters["properties"].items()
    }
    return {
        "type": "function",
        "function": {
            "name": name,
            "description": description,
            "parameters": {
                "type": parameters["type"],
                "properties": properties,
                "required": parameters["required"],
            },
            "strict": False,
        },
    }


def call_tool(model_id, spec):
    return pydantic_tool(
        "call_" + re.sub(r"[-.]", "_", model_id),
        "Call " + spec["name"] + " model. " + spec["description"],
        {
            "type": "object",
            "properties": {
                "optimized_system_prompt": {
                    "type": "string",
                    "description": "Optimized system prompt for this specific model and task",
                },
                "temperature": {"type": "number", "description": "Sampling temperature (0.0 to 2.0)"},
            },
            "required": ["optimized_system_prompt"],
        },
    )


def first_user_turn(query, system):
    query = query.strip()
    if system is None or system.strip() == "":
        return "USER QUERY: \n" + query
    system = system.strip()
    if len(system) > 2000:
        return "USER QUERY: \n" + system + "\n" + query
    return "USER SYSTEM: \n" + system + "\n" + "USER QUERY: \n" + query


def load_turn(turn):
    if turn["role"] != "assistant":
        return {"role": turn["role"], "content": turn["content"]}
    message = {"role": "assistant", "content": turn.get("content") or ""}
    calls = []
    for call in turn.get("tool_calls") or []:
        arguments = call["function"]["arguments"]
        if isinstance(arguments, str):
            arguments = json.loads(arguments)
        calls.append({"type": "function", "function": {"name": call["function"]["name"], "arguments": arguments}})
    if calls:
        message["tool_calls"] = calls
    return message


def main():
    folder = Path(sys.argv[1])
    read = lambda name: (folder / name).read_bytes().decode("utf-8")
    template = compile_template(read("chat_template.jinja"))
    models = json.loads(read("models.json"))
    select = json.loads(read("select_tool.json"))
    prompts = []
    for case in json.load(sys.stdin):
        tools = [call_tool(model_id, models[model_id]) for model_id in case["pool"]]
        if case.get("select", True):
            tools.insert(0, pydantic_tool(select["name"], select["description"], select["parameters"]))
        messages = [
            {"role": "system", "content": read("system_prompt.txt")},
            {"role": "user", "content": first_user_turn(case["query"], case.get("system"))},
        ]
        messages += [load_turn(turn) for turn in case.get("turns") or []]
        prompts.append(template.render(messages=messages, tools=tools, add_generation_prompt=True))
    json.dump(prompts, sys.stdout)


main()
