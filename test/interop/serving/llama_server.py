"""Serves a GGUF model with llama.cpp's own server until standard input closes; prints its URL.

usage: llama_server.py MODEL NAME KEY
"""

import sys

import xllamacpp

model, name, key = sys.argv[1:]
params = xllamacpp.CommonParams()
params.model.path = model
params.model_alias = {name}
params.api_keys = [key]
params.n_ctx = 8192
params.n_parallel = 1
params.cpuparams.n_threads = 1
params.endpoint_metrics = True
server = xllamacpp.Server(params)
print(server.listening_address, flush=True)
sys.stdin.read()
