"""Every correction of moto. Importing this registers them; `emulator.correction.apply` patches."""

# from emulator.corrections import ecs_services as ecs_services
