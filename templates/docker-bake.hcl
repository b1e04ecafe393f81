# Written by dockwright: `docker buildx bake` builds every image; `TAG=1.2.0 docker buildx bake release --push` publishes.

variable "TAG" {
  default = "dev"
}

group "default" {
  targets = [{% for d in services %}"{{ d.name }}"{% if not loop.last %}, {% endif %}{% endfor %}]
}

group "release" {
  targets = [{% for d in services %}"{{ d.name }}-release"{% if not loop.last %}, {% endif %}{% endfor %}]
}

# What only a published image needs.
target "_release" {
  platforms = ["linux/amd64", "linux/arm64"]
  attest    = ["type=provenance,mode=max", "type=sbom"]
}
{%- for d in services %}

target "{{ d.name }}" {
  context    = {{ d.context | hcl }}
  dockerfile = {{ d.dockerfile | hcl }}
  tags       = ["{{ d.name }}:${TAG}"]
}

target "{{ d.name }}-release" {
  inherits = ["{{ d.name }}", "_release"]
  tags     = ["{{ d.image.name }}:${TAG}"]
}
{%- endfor %}
