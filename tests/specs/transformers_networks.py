"""The sizes of language models in transformers' words, from the config.json that their authors published."""

from __future__ import annotations

from typing import Any, NamedTuple


class Network(NamedTuple):
    """A class of transformers, the values of its config that are not its defaults, and the tokens that go in."""

    model: str
    config: dict[str, Any]
    tokens: int
    # True where the spec writes attention out.
    written: bool = False


def gpt2(width: int, depth: int, heads: int, places: int = 1024) -> Network:
    return Network(
        "GPT2LMHeadModel", {"n_embd": width, "n_layer": depth, "n_head": heads, "n_positions": places}, places
    )


_SIZES = (
    *("vocab_size", "hidden_size", "intermediate_size", "num_hidden_layers"),
    *("num_attention_heads", "num_key_value_heads"),
)


def sized(model: str, tokens: int, *sizes: int, **others: Any) -> Network:
    """A network whose config has the words of most: its vocabulary, width, hidden width, depth and heads."""
    return Network(model, {**dict(zip(_SIZES, sizes, strict=True)), **others}, tokens)


def llama(tokens: int, *sizes: int, **others: Any) -> Network:
    return sized("LlamaForCausalLM", tokens, *sizes, **others)


def bert(model: str, width: int, depth: int, heads: int, words: int = 30522, **others: Any) -> Network:
    config = {"vocab_size": words, "hidden_size": width, "intermediate_size": 4 * width, "num_hidden_layers": depth}
    return Network(model, {**config, "num_attention_heads": heads, **others}, 512)


def qwen2(*sizes: int, **others: Any) -> Network:
    return sized("Qwen2ForCausalLM", 8192, *sizes, **others)


def qwen3(*sizes: int, model: str = "Qwen3ForCausalLM", **others: Any) -> Network:
    return sized(model, 8192, 151936, *sizes, head_dim=128, **others)


def gemma(model: str, *sizes: int, head_dim: int = 256) -> Network:
    return sized(model, 8192, *sizes, head_dim=head_dim, tie_word_embeddings=True)


def phi(*sizes: int, **others: Any) -> Network:
    return sized("Phi3ForCausalLM", 4096, *sizes, pad_token_id=None, **others)


GATED = {"feed_forward_proj": "gated-gelu", "tie_word_embeddings": False}


def t5(width: int, heads: int, hidden: int, depth: int, **others: Any) -> Network:
    config = {"d_model": width, "num_heads": heads, "d_ff": hidden, "num_layers": depth}
    return Network("T5ForConditionalGeneration", {**config, "vocab_size": 32128, **others}, 512, written=True)


def stacks(width: int, heads: int, above: int, below: int) -> dict[str, int]:
    """The sizes of an encoder and a decoder."""
    sizes = {"attention_heads": heads, "ffn_dim": 4 * width}
    config = {f"{stack}_{key}": size for stack in ("encoder", "decoder") for key, size in sizes.items()}
    return {"d_model": width, "encoder_layers": above, "decoder_layers": below, **config}


def whisper(width: int, heads: int, above: int, below: int, **others: int) -> Network:
    config = {"vocab_size": 51865, **stacks(width, heads, above, below), **others}
    return Network("WhisperForConditionalGeneration", config, 448)


def bart(width: int, heads: int, depth: int) -> Network:
    return Network("BartForConditionalGeneration", stacks(width, heads, depth, depth), 1024)


def pythia(words: int, width: int, depth: int, heads: int) -> Network:
    config = {"hidden_size": width, "intermediate_size": 4 * width, "num_hidden_layers": depth}
    return Network("GPTNeoXForCausalLM", {"vocab_size": words, **config, "num_attention_heads": heads}, 2048)


def deepseek(model: str, first: int, *sizes: int, **others: Any) -> Network:
    """A network whose first layers have no experts, and as many heads of keys as of queries."""
    return sized(model, 4096, *sizes, sizes[-1], first_k_dense_replace=first, **others)


def mixture(experts: int, chosen: int, hidden: int, **others: Any) -> dict[str, Any]:
    """The sizes of experts."""
    sizes = {"n_routed_experts": experts, "num_experts_per_tok": chosen, "moe_intermediate_size": hidden}
    return {"q_lora_rank": 1536, **sizes, **others}


def bloom(width: int, heads: int, depth: int) -> Network:
    return Network("BloomForCausalLM", {"hidden_size": width, "n_head": heads, "n_layer": depth}, 2048)


def falcon(width: int, depth: int, heads: int, **others: Any) -> Network:
    config = {"hidden_size": width, "num_hidden_layers": depth, "num_attention_heads": heads}
    return Network("FalconForCausalLM", {**config, **others}, 2048)


def olmo(*sizes: int) -> Network:
    return sized("Olmo2ForCausalLM", 4096, 100352, *sizes)._replace(written=True)


def mamba2(width: int, depth: int) -> Network:
    config = {"hidden_size": width, "num_hidden_layers": depth, "num_heads": width // 32, "n_groups": 1}
    return Network("Mamba2ForCausalLM", {**config, "vocab_size": 50288, "tie_word_embeddings": True}, 2048)


def rwkv(width: int, depth: int) -> Network:
    return Network("RwkvForCausalLM", {"hidden_size": width, "num_hidden_layers": depth}, 1024, written=True)


QWEN2_57B = {
    **dict(zip(_SIZES, (151936, 3584, 18944, 28, 28, 4), strict=True)),
    "num_experts": 64,
    "num_experts_per_tok": 8,
    "moe_intermediate_size": 2560,
    "shared_expert_intermediate_size": 20480,
}
NETWORKS = {
    "gpt2": gpt2(768, 12, 12),
    "gpt2_medium": gpt2(1024, 24, 16),
    "gpt2_large": gpt2(1280, 36, 20),
    "gpt2_xl": gpt2(1600, 48, 25),
    "gpt3_small": gpt2(768, 12, 12, 2048),
    "gpt3_medium": gpt2(1024, 24, 16, 2048),
    "gpt3_large": gpt2(1536, 24, 16, 2048),
    "gpt3_xl": gpt2(2048, 24, 16, 2048),
    "gpt3_2.7b": gpt2(2560, 32, 32, 2048),
    "gpt3_6.7b": gpt2(4096, 32, 32, 2048),
    "gpt3_13b": gpt2(5120, 40, 40, 2048),
    "gpt3_175b": gpt2(12288, 96, 96, 2048),
    "llama_7b": llama(2048, 32000, 4096, 11008, 32, 32, 32),
    "llama_13b": llama(2048, 32000, 5120, 13824, 40, 40, 40),
    "llama_33b": llama(2048, 32000, 6656, 17920, 60, 52, 52),
    "llama_65b": llama(2048, 32000, 8192, 22016, 80, 64, 64),
    "llama2_7b": llama(4096, 32000, 4096, 11008, 32, 32, 32),
    "llama2_13b": llama(4096, 32000, 5120, 13824, 40, 40, 40),
    "llama2_70b": llama(4096, 32000, 8192, 28672, 80, 64, 8),
    "llama3_8b": llama(8192, 128256, 4096, 14336, 32, 32, 8),
    "llama3_70b": llama(8192, 128256, 8192, 28672, 80, 64, 8),
    "llama3.1_8b": llama(8192, 128256, 4096, 14336, 32, 32, 8),
    "llama3.1_70b": llama(8192, 128256, 8192, 28672, 80, 64, 8),
    "llama3.1_405b": llama(8192, 128256, 16384, 53248, 126, 128, 8),
    "llama3.2_1b": llama(8192, 128256, 2048, 8192, 16, 32, 8, head_dim=64, tie_word_embeddings=True),
    "llama3.2_3b": llama(8192, 128256, 3072, 8192, 28, 24, 8, head_dim=128, tie_word_embeddings=True),
    "bert_base": bert("BertModel", 768, 12, 12),
    "bert_large": bert("BertModel", 1024, 24, 16),
    **{
        f"roberta_{size}": bert("RobertaModel", *sizes, 50265, max_position_embeddings=514, type_vocab_size=1)
        for size, *sizes in (("base", 768, 12, 12), ("large", 1024, 24, 16))
    },
    "distilbert_base": Network("DistilBertModel", {"vocab_size": 30522}, 512),
    "albert_base": bert("AlbertModel", 768, 12, 12, 30000),
    "albert_large": bert("AlbertModel", 1024, 24, 16, 30000),
    "albert_xlarge": bert("AlbertModel", 2048, 24, 16, 30000),
    "albert_xxlarge": bert("AlbertModel", 4096, 12, 64, 30000),
    "electra_small": bert("ElectraForPreTraining", 256, 12, 4, embedding_size=128),
    "electra_base": bert("ElectraForPreTraining", 768, 12, 12, embedding_size=768),
    "electra_large": bert("ElectraForPreTraining", 1024, 24, 16, embedding_size=1024),
    "mistral_7b": sized("MistralForCausalLM", 4096, 32000, 4096, 14336, 32, 32, 8, sliding_window=4096),
    "mistral_7b_v0.3": sized("MistralForCausalLM", 4096, 32768, 4096, 14336, 32, 32, 8, sliding_window=None),
    "mistral_nemo": sized(
        "MistralForCausalLM", 4096, 131072, 5120, 14336, 40, 32, 8, head_dim=128, sliding_window=None
    ),
    "mistral_small3": sized(
        "MistralForCausalLM", 4096, 131072, 5120, 32768, 40, 32, 8, head_dim=128, sliding_window=None
    ),
    "mistral_large2": sized("MistralForCausalLM", 4096, 32768, 12288, 28672, 88, 96, 8, sliding_window=None),
    "mixtral_8x7b": sized("MixtralForCausalLM", 4096, 32000, 4096, 14336, 32, 32, 8),
    "mixtral_8x22b": sized("MixtralForCausalLM", 4096, 32000, 6144, 16384, 56, 48, 8),
    "qwen1.5_moe_a2.7b": sized("Qwen2MoeForCausalLM", 8192, 151936, 2048, 5632, 24, 16, 16),
    "qwen2_0.5b": qwen2(151936, 896, 4864, 24, 14, 2, tie_word_embeddings=True),
    "qwen2_1.5b": qwen2(151936, 1536, 8960, 28, 12, 2, tie_word_embeddings=True),
    "qwen2_7b": qwen2(152064, 3584, 18944, 28, 28, 4),
    "qwen2_72b": qwen2(152064, 8192, 29568, 80, 64, 8),
    "qwen2_57b_a14b": Network("Qwen2MoeForCausalLM", QWEN2_57B, 8192),
    "qwen2.5_0.5b": qwen2(151936, 896, 4864, 24, 14, 2, tie_word_embeddings=True),
    "qwen2.5_1.5b": qwen2(151936, 1536, 8960, 28, 12, 2, tie_word_embeddings=True),
    "qwen2.5_3b": qwen2(151936, 2048, 11008, 36, 16, 2, tie_word_embeddings=True),
    "qwen2.5_7b": qwen2(152064, 3584, 18944, 28, 28, 4),
    "qwen2.5_14b": qwen2(152064, 5120, 13824, 48, 40, 8),
    "qwen2.5_32b": qwen2(152064, 5120, 27648, 64, 40, 8),
    "qwen2.5_72b": qwen2(152064, 8192, 29568, 80, 64, 8),
    "qwen3_0.6b": qwen3(1024, 3072, 28, 16, 8, tie_word_embeddings=True),
    "qwen3_1.7b": qwen3(2048, 6144, 28, 16, 8, tie_word_embeddings=True),
    "qwen3_4b": qwen3(2560, 9728, 36, 32, 8, tie_word_embeddings=True),
    "qwen3_8b": qwen3(4096, 12288, 36, 32, 8),
    "qwen3_14b": qwen3(5120, 17408, 40, 40, 8),
    "qwen3_32b": qwen3(5120, 25600, 64, 64, 8),
    "qwen3_30b_a3b": qwen3(2048, 768, 48, 32, 4, model="Qwen3MoeForCausalLM", moe_intermediate_size=768),
    "qwen3_235b_a22b": qwen3(4096, 1536, 94, 64, 4, model="Qwen3MoeForCausalLM", moe_intermediate_size=1536),
    "gemma_2b": gemma("GemmaForCausalLM", 256000, 2048, 16384, 18, 8, 1),
    "gemma_7b": gemma("GemmaForCausalLM", 256000, 3072, 24576, 28, 16, 16),
    "gemma2_2b": gemma("Gemma2ForCausalLM", 256000, 2304, 9216, 26, 8, 4),
    "gemma2_9b": gemma("Gemma2ForCausalLM", 256000, 3584, 14336, 42, 16, 8),
    "gemma2_27b": gemma("Gemma2ForCausalLM", 256000, 4608, 36864, 46, 32, 16, head_dim=128),
    "gemma3_270m": gemma("Gemma3ForCausalLM", 262144, 640, 2048, 18, 4, 1),
    "gemma3_1b": gemma("Gemma3ForCausalLM", 262144, 1152, 6912, 26, 4, 1),
    "gemma3_4b": gemma("Gemma3ForCausalLM", 262208, 2560, 10240, 34, 8, 4),
    "gemma3_12b": gemma("Gemma3ForCausalLM", 262208, 3840, 15360, 48, 16, 8),
    "gemma3_27b": gemma("Gemma3ForCausalLM", 262208, 5376, 21504, 62, 32, 16, head_dim=128),
    "phi3_mini": phi(32064, 3072, 8192, 32, 32, 32),
    "phi3_medium": phi(32064, 5120, 17920, 40, 40, 10),
    "phi4": phi(100352, 5120, 17920, 40, 40, 10),
    "phi4_mini": phi(200064, 3072, 8192, 32, 24, 8, tie_word_embeddings=True),
    "t5_small": t5(512, 8, 2048, 6),
    "t5_base": t5(768, 12, 3072, 12),
    "t5_large": t5(1024, 16, 4096, 24),
    "t5_3b": t5(1024, 32, 16384, 24, d_kv=128),
    "t5_11b": t5(1024, 128, 65536, 24, d_kv=128),
    "t5_v1.1_small": t5(512, 6, 1024, 8, **GATED),
    "t5_v1.1_base": t5(768, 12, 2048, 12, **GATED),
    "t5_v1.1_large": t5(1024, 16, 2816, 24, **GATED),
    "t5_v1.1_xl": t5(2048, 32, 5120, 24, **GATED),
    "t5_v1.1_xxl": t5(4096, 64, 10240, 24, **GATED),
    "whisper_tiny": whisper(384, 6, 4, 4),
    "whisper_base": whisper(512, 8, 6, 6),
    "whisper_small": whisper(768, 12, 12, 12),
    "whisper_medium": whisper(1024, 16, 24, 24),
    "whisper_large": whisper(1280, 20, 32, 32),
    "whisper_large_v3": whisper(1280, 20, 32, 32, num_mel_bins=128, vocab_size=51866),
    "whisper_large_v3_turbo": whisper(1280, 20, 32, 4, num_mel_bins=128, vocab_size=51866),
    "pythia_70m": pythia(50304, 512, 6, 8),
    "pythia_160m": pythia(50304, 768, 12, 12),
    "pythia_410m": pythia(50304, 1024, 24, 16),
    "pythia_1b": pythia(50304, 2048, 16, 8),
    "pythia_1.4b": pythia(50304, 2048, 24, 16),
    "pythia_2.8b": pythia(50304, 2560, 32, 32),
    "pythia_6.9b": pythia(50432, 4096, 32, 32),
    "pythia_12b": pythia(50688, 5120, 36, 40),
    "deepseek_v2": deepseek("DeepseekV2ForCausalLM", 1, 102400, 5120, 12288, 60, 128, **mixture(160, 6, 1536)),
    "deepseek_v2_lite": deepseek(
        *("DeepseekV2ForCausalLM", 1, 102400, 2048, 10944, 27, 16), **mixture(64, 6, 1408, q_lora_rank=None)
    ),
    "deepseek_v3": deepseek("DeepseekV3ForCausalLM", 3, 129280, 7168, 18432, 61, 128),
    "bart_base": bart(768, 12, 6),
    "bart_large": bart(1024, 16, 12),
    "bloom_560m": bloom(1024, 16, 24),
    "bloom_1b1": bloom(1536, 16, 24),
    "bloom_1b7": bloom(2048, 16, 24),
    "bloom_3b": bloom(2560, 32, 30),
    "bloom_7b1": bloom(4096, 32, 30),
    "bloom_176b": bloom(14336, 112, 70),
    "falcon_7b": falcon(4544, 32, 71),
    "falcon_40b": falcon(8192, 60, 128, new_decoder_architecture=True, num_kv_heads=8),
    "falcon_180b": falcon(14848, 80, 232, new_decoder_architecture=True, num_kv_heads=8),
    "olmo2_1b": olmo(2048, 8192, 16, 16, 16),
    "olmo2_7b": olmo(4096, 11008, 32, 32, 32),
    "olmo2_13b": olmo(5120, 13824, 40, 40, 40),
    "olmo2_32b": olmo(5120, 27648, 64, 40, 8),
    "gpt_oss_20b": Network("GptOssForCausalLM", {"num_hidden_layers": 24, "num_local_experts": 32}, 4096),
    "gpt_oss_120b": Network("GptOssForCausalLM", {"num_hidden_layers": 36, "num_local_experts": 128}, 4096),
}
# Those without attention, whose own arrays belong to a module that mixes tokens.
RECURRENT = {
    "mamba2_130m": mamba2(768, 24),
    "mamba2_370m": mamba2(1024, 48),
    "mamba2_780m": mamba2(1536, 48),
    "mamba2_1.3b": mamba2(2048, 48),
    "mamba2_2.7b": mamba2(2560, 64),
    "rwkv4_169m": rwkv(768, 12),
    "rwkv4_430m": rwkv(1024, 24),
    "rwkv4_1.5b": rwkv(2048, 24),
    "rwkv4_3b": rwkv(2560, 32),
    "rwkv4_7b": rwkv(4096, 32),
    "rwkv4_14b": rwkv(5120, 40),
}
