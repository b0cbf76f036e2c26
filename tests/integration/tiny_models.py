"""Models of a few hundred kilobytes with random weights, made on the spot: real files for real servers."""

from __future__ import annotations

from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pytest

TRAINED_ON = (
    "the quick brown fox jumps over the lazy dog and runs along the harbour wall",
    "you are a friendly member of the harbor and you talk like a friend in chat",
    '{"name": "Ada", "age": 36, "tags": ["one", "two", "three"], "ok": true}',
    "What is the capital of France? Paris is the capital, and it lies on the Seine.",
    "ein Größenmaß, drei Äpfel, naïve café, 日本語, and a smile 🙂",
)

BEGIN, END, SAID = "<|begin|>", "<|end|>", "<|said|>"

CHAT_TEMPLATE = (
    BEGIN + "{% for message in messages %}{{ message['role'] }}: {{ message['content'] }}" + SAID + "{% endfor %}"
    "{% if add_generation_prompt %}assistant: {% endif %}"
)

CONTEXT = 256
WIDTH, LAYERS, HEADS, HIDDEN = 32, 2, 4, 64


def need(*packages: str) -> None:
    """Skip unless the packages are installed."""
    missing = [name for name in packages if find_spec(name) is None]
    if missing:
        pytest.skip(f"{', '.join(missing)} not installed: pip install -e '.[real]'  (make test-all does)")


def tiny_llama(folder: Path, *, chat_template: str | None = CHAT_TEMPLATE) -> Path:
    """A Llama in the form of `save_pretrained`, with a byte-level tokenizer. Needs torch and transformers."""
    torch, transformers = import_module("torch"), import_module("transformers")
    tokenizer = transformers.PreTrainedTokenizerFast(
        tokenizer_object=_trained(), bos_token=BEGIN, eos_token=END, pad_token=END
    )
    tokenizer.chat_template = chat_template
    tokenizer.save_pretrained(folder)
    torch.manual_seed(7)
    config = transformers.LlamaConfig(
        vocab_size=len(tokenizer),
        hidden_size=WIDTH,
        intermediate_size=HIDDEN,
        num_hidden_layers=LAYERS,
        num_attention_heads=HEADS,
        num_key_value_heads=HEADS,
        max_position_embeddings=CONTEXT,
        bos_token_id=tokenizer.bos_token_id,
        eos_token_id=tokenizer.eos_token_id,
        pad_token_id=tokenizer.pad_token_id,
        tie_word_embeddings=False,
    )
    model = transformers.LlamaForCausalLM(config)
    with torch.no_grad():
        for weights in model.parameters():  # spread out, so that what comes next depends on what came before
            weights.normal_(0, 0.6) if weights.dim() > 1 else None
        model.lm_head.weight[tokenizer.eos_token_id] = 0  # no answer ends by itself, so that a test says when it does
    model.save_pretrained(folder)
    return folder


def tiny_classifier(folder: Path) -> Path:
    """A classifier of the same shape with the classes `ok` and `toxic`. Needs torch and transformers."""
    torch, transformers = import_module("torch"), import_module("transformers")
    tiny_llama(folder)
    tokenizer = transformers.PreTrainedTokenizerFast.from_pretrained(folder)
    tokenizer.model_max_length = CONTEXT
    tokenizer.save_pretrained(folder)
    torch.manual_seed(7)
    config = transformers.LlamaConfig.from_pretrained(folder, num_labels=2, id2label={0: "ok", 1: "toxic"})
    transformers.LlamaForSequenceClassification(config).save_pretrained(folder)
    return folder


def _trained() -> Any:
    """A byte-pair tokenizer over all 256 bytes."""
    tokenizers = import_module("tokenizers")
    tokenizer = tokenizers.Tokenizer(tokenizers.models.BPE())
    tokenizer.pre_tokenizer = tokenizers.pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokenizer.decoder = tokenizers.decoders.ByteLevel()
    trainer = tokenizers.trainers.BpeTrainer(
        vocab_size=400,
        special_tokens=[BEGIN, END, SAID],
        initial_alphabet=tokenizers.pre_tokenizers.ByteLevel.alphabet(),
        show_progress=False,
    )
    tokenizer.train_from_iterator(TRAINED_ON, trainer)
    return tokenizer


def tiny_gguf(path: Path) -> Path:
    """The same shape of model in the form of llama.cpp, with a tokenizer of bytes and a few words. Needs gguf."""
    gguf, numpy = import_module("gguf"), import_module("numpy")
    kinds, random = gguf.TokenType, numpy.random.default_rng(7)
    special = [("<unk>", kinds.UNKNOWN), (BEGIN, kinds.CONTROL), (END, kinds.CONTROL), (SAID, kinds.CONTROL)]
    single = [(f"<0x{byte:02X}>", kinds.BYTE) for byte in range(256)]
    words = dict.fromkeys("▁" + word for text in TRAINED_ON for word in text.split())
    letters = dict.fromkeys(each for word in words for each in word)
    tokens = [*special, *single, *((each, kinds.NORMAL) for each in dict.fromkeys((*letters, *words)))]

    writer = gguf.GGUFWriter(path, "llama")
    writer.add_name("tiny")
    writer.add_context_length(CONTEXT)
    writer.add_embedding_length(WIDTH)
    writer.add_block_count(LAYERS)
    writer.add_feed_forward_length(HIDDEN)
    writer.add_head_count(HEADS)
    writer.add_head_count_kv(HEADS)
    writer.add_rope_dimension_count(WIDTH // HEADS)
    writer.add_layer_norm_rms_eps(1e-6)
    writer.add_vocab_size(len(tokens))
    writer.add_tokenizer_model("llama")
    writer.add_token_list([token for token, _ in tokens])
    writer.add_token_scores([-float(place) for place in range(len(tokens))])
    writer.add_token_types([int(kind) for _, kind in tokens])
    writer.add_bos_token_id(1)
    writer.add_eos_token_id(2)
    writer.add_unk_token_id(0)
    writer.add_add_space_prefix(False)  # with it, a grammar loses the first word of the assistant's turn
    writer.add_chat_template(CHAT_TEMPLATE)

    def add(name: str, *shape: int) -> None:
        values = random.normal(0, 0.6, shape) if len(shape) > 1 else numpy.ones(shape)
        if name == "output.weight":
            values[: len(special)] = 0  # no answer ends by itself, so that a test says when it does
        writer.add_tensor(name, values.astype(numpy.float32))

    add("token_embd.weight", len(tokens), WIDTH)
    add("output_norm.weight", WIDTH)
    add("output.weight", len(tokens), WIDTH)
    for layer in range(LAYERS):
        for name in ("attn_q", "attn_k", "attn_v", "attn_output"):
            add(f"blk.{layer}.{name}.weight", WIDTH, WIDTH)
        add(f"blk.{layer}.attn_norm.weight", WIDTH)
        add(f"blk.{layer}.ffn_norm.weight", WIDTH)
        add(f"blk.{layer}.ffn_gate.weight", HIDDEN, WIDTH)
        add(f"blk.{layer}.ffn_up.weight", HIDDEN, WIDTH)
        add(f"blk.{layer}.ffn_down.weight", WIDTH, HIDDEN)
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()
    return path
