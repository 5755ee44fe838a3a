"""Writes a random model in GGUF: Qwen2 with one layer and a vocabulary of bytes, 110 kB.

usage: tiny_model.py OUT SEED
"""

import sys

import gguf
import numpy as np

DIM, HEADS, FEED_FORWARD, CONTEXT = 32, 4, 64, 8192
CHAT_TEMPLATE = (
    "{% for m in messages %}<|im_start|>{{ m.role }}\n{{ m.content }}<|im_end|>\n{% endfor %}"
    "{% if add_generation_prompt %}<|im_start|>assistant\n{% endif %}"
)


def byte_tokens():
    """The printable stand-ins that byte-level BPE uses for the 256 bytes."""
    printable = [*range(33, 127), *range(161, 173), *range(174, 256)]
    others = (b for b in range(256) if b not in printable)
    stand_ins = {b: chr(b) for b in printable} | {b: chr(256 + at) for at, b in enumerate(others)}
    return [stand_ins[b] for b in range(256)]


def main():
    path, seed = sys.argv[1], int(sys.argv[2])
    random = np.random.default_rng(seed)
    weights = lambda *shape: random.normal(0, 0.2, shape).astype(np.float32)
    tokens = [*byte_tokens(), "<|endoftext|>", "<|im_start|>", "<|im_end|>"]
    writer = gguf.GGUFWriter(path, "qwen2")
    writer.add_context_length(CONTEXT)
    writer.add_embedding_length(DIM)
    writer.add_block_count(1)
    writer.add_feed_forward_length(FEED_FORWARD)
    writer.add_head_count(HEADS)
    writer.add_head_count_kv(HEADS)
    writer.add_layer_norm_rms_eps(1e-6)
    writer.add_rope_freq_base(10000.0)
    writer.add_file_type(0)
    writer.add_tokenizer_model("gpt2")
    writer.add_tokenizer_pre("qwen2")
    writer.add_token_list(tokens)
    writer.add_token_types([gguf.TokenType.NORMAL] * 256 + [gguf.TokenType.CONTROL] * 3)
    writer.add_token_merges(["a b"])
    writer.add_eos_token_id(258)
    writer.add_bos_token_id(256)
    writer.add_pad_token_id(256)
    writer.add_add_bos_token(False)
    writer.add_chat_template(CHAT_TEMPLATE)
    writer.add_tensor("token_embd.weight", weights(len(tokens), DIM))
    output = weights(len(tokens), DIM)
    # A and B look in opposite directions, far out: whatever the model reads, one of the two is likely.
    output[ord("A")] = 20 * weights(DIM)
    output[ord("B")] = -output[ord("A")]
    writer.add_tensor("output.weight", output)
    writer.add_tensor("output_norm.weight", np.ones(DIM, np.float32))
    square, up, down = (DIM, DIM), (FEED_FORWARD, DIM), (DIM, FEED_FORWARD)
    shapes = {"attn_q": square, "attn_k": square, "attn_v": square, "attn_output": square}
    shapes |= {"ffn_gate": up, "ffn_up": up, "ffn_down": down}
    for name, shape in shapes.items():
        writer.add_tensor(f"blk.0.{name}.weight", weights(*shape))
    for name in ("attn_q", "attn_k", "attn_v"):
        writer.add_tensor(f"blk.0.{name}.bias", weights(DIM))
    for name in ("attn_norm", "ffn_norm"):
        writer.add_tensor(f"blk.0.{name}.weight", np.ones(DIM, np.float32))
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()


main()
