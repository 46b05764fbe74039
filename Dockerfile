# One image for all services and the callbus command; the argument says which one runs: apps/<app>/dist/main.js
FROM node:24-slim AS build
WORKDIR /app
COPY . .
RUN npm ci && npm run build && npm prune --omit=dev

FROM node:24-slim
ENV NODE_ENV=production
WORKDIR /app
COPY --from=build /app /app
USER 65532:65532
ENTRYPOINT ["node"]
CMD ["apps/gateway/dist/main.js"]
