# attiqa in a container: docker build -t attiqa . (CPU), or --build-arg TORCH=cuda for an NVIDIA GPU (then run with --gpus all).
#   docker run --rm -v "$PWD:/work" attiqa score photos/ --csv scores.csv
# Nothing here names a registry: the builder's own settings of docker and pip say where images and packages come from.
ARG PYTHON=3.11
FROM python:${PYTHON}-slim-bookworm

# cpu: torch's own index of CPU builds, where it is given as TORCH_INDEX, spares some GB; cuda: PyPI's build, which works on CPUs too.
ARG TORCH=cpu
ARG TORCH_INDEX=
ARG EXTRAS=onnx,contrib,search,study,lens

# The compiler is for the native kernel, which is made for the processor it runs on.
RUN apt-get update \
 && apt-get install --yes --no-install-recommends g++=4:12.* \
 && rm -rf /var/lib/apt/lists/*

WORKDIR /source
COPY constraints constraints
COPY pyproject.toml README.md LICENSE THIRD_PARTY_NOTICES.md ./
COPY attiqa_isp attiqa_isp
COPY attiqa_core attiqa_core
COPY isp_env isp_env
COPY agents agents
COPY experiments experiments
RUN if [ "$TORCH" = cpu ] && [ -n "$TORCH_INDEX" ]; then \
      pip install --no-cache-dir --index-url "$TORCH_INDEX" --constraint constraints/tested.txt torch torchvision; \
    fi \
 && pip install --no-cache-dir --constraint constraints/tested.txt ".[${EXTRAS}]"

# Not root: what the container writes into a mounted folder belongs to this user unless --user says otherwise.
RUN useradd --create-home --uid 1000 attiqa \
 && mkdir /work \
 && chown attiqa:attiqa /work
USER attiqa
WORKDIR /work
ENTRYPOINT ["attiqa"]
CMD ["--help"]
