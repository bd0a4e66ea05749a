"""A part of the Allen brain ontology: root to the visual areas and the larger structures."""

from __future__ import annotations

from collections.abc import Iterator

# id, parent, acronym ("_" stands for a blank), name
_REGIONS = """
0 - void void
997 0 root root
8 997 grey Basic cell groups and regions
567 8 CH Cerebrum
688 567 CTX Cerebral cortex
695 688 CTXpl Cortical plate
315 695 Isocortex Isocortex
669 315 VIS Visual areas
385 669 VISp Primary visual area
593 385 VISp1 Primary visual area layer 1
821 385 VISp2/3 Primary visual area layer 2/3
721 385 VISp4 Primary visual area layer 4
778 385 VISp5 Primary visual area layer 5
33 385 VISp6a Primary visual area layer 6a
305 385 VISp6b Primary visual area layer 6b
409 669 VISl Lateral visual area
402 669 VISal Anterolateral visual area
394 669 VISam Anteromedial visual area
533 669 VISpm posteromedial visual area
500 315 MO Somatomotor areas
985 500 MOp Primary motor area
993 500 MOs Secondary motor area
453 315 SS Somatosensory areas
322 453 SSp Primary somatosensory area
378 453 SSs Supplemental somatosensory area
247 315 AUD Auditory areas
1002 247 AUDp Primary auditory area
31 315 ACA Anterior cingulate area
39 31 ACAd Anterior cingulate area dorsal part
48 31 ACAv Anterior cingulate area ventral part
972 315 PL Prelimbic area
44 315 ILA Infralimbic area
714 315 ORB Orbital area
254 315 RSP Retrosplenial area
879 254 RSPd Retrosplenial area dorsal part
22 315 PTLp Posterior parietal association areas
541 315 TEa Temporal association areas
698 695 OLF Olfactory areas
507 698 MOB Main olfactory bulb
1089 695 HPF Hippocampal formation
1080 1089 HIP Hippocampal region
375 1080 CA Ammon's horn
382 375 CA1 Field CA1
423 375 CA2 Field CA2
463 375 CA3 Field CA3
726 1080 DG Dentate gyrus
703 688 CTXsp Cortical subplate
583 703 CLA Claustrum
623 567 CNU Cerebral nuclei
477 623 STR Striatum
485 477 STRd Striatum dorsal region
672 485 CP Caudoputamen
493 477 STRv Striatum ventral region
56 493 ACB Nucleus accumbens
803 623 PAL Pallidum
343 8 BS Brain stem
1129 343 IB Interbrain
549 1129 TH Thalamus
864 549 DORsm Thalamus sensory-motor cortex related
856 549 DORpm Thalamus polymodal association cortex related
1008 864 GENd Geniculate group dorsal thalamus
170 1008 LGd Dorsal part of the lateral geniculate complex
138 856 LAT Lateral group of the dorsal thalamus
218 138 LP Lateral posterior nucleus of the thalamus
637 864 VENT Ventral group of the dorsal thalamus
709 637 VP Ventral posterior complex of the thalamus
733 709 VPM Ventral posteromedial nucleus of the thalamus
1097 1129 HY Hypothalamus
313 343 MB Midbrain
339 313 MBsen Midbrain sensory related
302 339 SCs Superior colliculus sensory related
4 339 IC Inferior colliculus
323 313 MBmot Midbrain motor related
294 323 SCm Superior colliculus motor related
795 323 PAG Periaqueductal gray
381 323 SNr Substantia nigra reticular part
749 323 VTA Ventral tegmental area
1065 343 HB Hindbrain
771 1065 P Pons
354 1065 MY Medulla
512 8 CB Cerebellum
528 512 CBX Cerebellar cortex
1009 997 fiber_tracts fiber tracts
73 997 VS ventricular systems
"""


def brain_regions() -> Iterator[tuple[int, int | None, str, str]]:
    """Id, parent's id, acronym and name, parents before their children."""
    for line in _REGIONS.strip().splitlines():
        key, parent, acronym, name = line.split(maxsplit=3)
        yield int(key), None if parent == "-" else int(parent), acronym.replace("_", " "), name
