"""The task: raw -> parameters -> RGB -> reward. Importing this package registers "attiqa/IspTune-v0" with Gymnasium, and
"attiqa/IspTools-v0", where an agent picks tools. Of attiqa-isp."""

import gymnasium

gymnasium.register(
    "attiqa/IspTune-v0",
    entry_point="isp_env.env:IspEnv",
    vector_entry_point="isp_env.vector_env:IspVectorEnv",
)
gymnasium.register(
    "attiqa/IspTools-v0",
    entry_point="isp_env.tool_episodes.env:ToolEnv",
    vector_entry_point="isp_env.tool_episodes.vector_env:ToolVectorEnv",
)
