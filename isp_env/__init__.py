"""The task: raw -> parameters -> RGB -> reward. Importing this package registers "attiqa/IspTune-v0" with Gymnasium."""

import gymnasium

gymnasium.register(
    "attiqa/IspTune-v0",
    entry_point="isp_env.env:IspEnv",
    vector_entry_point="isp_env.vector_env:IspVectorEnv",
)
