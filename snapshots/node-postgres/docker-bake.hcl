# Written by dockwright: `docker buildx bake` builds every image; `TAG=1.2.0 docker buildx bake release --push` publishes.

variable "TAG" {
  default = "dev"
}

group "default" {
  targets = ["orders"]
}

group "release" {
  targets = ["orders-release"]
}

# What only a published image needs.
target "_release" {
  platforms = ["linux/amd64", "linux/arm64"]
  attest    = ["type=provenance,mode=max", "type=sbom"]
}

target "orders" {
  context    = "."
  dockerfile = "Dockerfile"
  tags       = ["orders:${TAG}"]
}

target "orders-release" {
  inherits = ["orders", "_release"]
  tags     = ["ghcr.io/acme/orders:${TAG}"]
}
