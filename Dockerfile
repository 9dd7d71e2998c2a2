# One image for the service and for workers: `serve` is the default, compose starts `worker` beside it.
FROM node:22.13.1-bookworm-slim AS build
WORKDIR /app
COPY package.json package-lock.json .npmrc ./
RUN npm ci --ignore-scripts
COPY . .
# ONNX Runtime's package carries the libraries of other systems too: they stay behind
RUN npm run build && npm prune --omit=dev --ignore-scripts \
  && find node_modules/onnxruntime-node/bin -mindepth 2 -maxdepth 2 -type d ! -name linux -exec rm -rf {} +

FROM node:22.13.1-bookworm-slim
# serve and worker say in the file that they are ready, and where: the health check below reads it
ENV NODE_ENV=production ONECLASS_HOME=/data ONECLASS_HEALTH_FILE=/tmp/oneclass-health.json
WORKDIR /app
# a folder of the unprivileged user, so that a named volume mounted here belongs to it
RUN mkdir /data && chown node:node /data
COPY --from=build --chown=root:root /app/package.json ./
COPY --from=build /app/node_modules ./node_modules
# tests and benchmarks stay behind
COPY --from=build /app/dist/src ./dist/src
COPY --from=build /app/dist/workers ./dist/workers
COPY --from=build /app/dist/web ./dist/web
COPY --from=build /app/models ./models
USER node
VOLUME /data
EXPOSE 3000
# the first process must hand signals on and reap children: run with --init (compose does)
ENTRYPOINT ["node", "dist/src/cli/main.js"]
CMD ["serve", "--host", "0.0.0.0", "--workers", "0"]
HEALTHCHECK --interval=10s --timeout=5s --start-period=30s --retries=3 \
  CMD ["node", "dist/src/cli/healthcheck.js"]
