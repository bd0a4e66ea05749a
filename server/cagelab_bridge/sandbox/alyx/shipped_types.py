"""The dataset types Alyx 3.6.1 ships: name=pattern; without a pattern a file's `object.attribute` is compared."""

from __future__ import annotations

_TYPES = """
spikes.clusters=*spikes.clusters*.npy spikes.times=*spikes.times*.npy spikes.samples=*spikes.samples*.npy
clusters.uuids=*clusters.uuids*.csv clusters.amps=*clusters.amps*.npy sparseNoise.xyPos=*sparsenoise.xypos.*
_spikeglx_sync.channels=_spikeglx_sync.channels*.npy _spikeglx_sync.times=_spikeglx_sync.times*.npy
spikes.amps=*spikes.amps*.npy clusters.metrics=*clusters.metrics*.pqt
clusters.waveformsChannels=*clusters.waveformschannels*.npy clusters.waveforms=*clusters.waveforms.npy
clusters.peakToTrough=*clusters.peaktotrough*.npy trials.probabilityLeft=_ibl_trials.probabilityleft.*
channels.rawInd=*channels.rawind*.npy _spikeglx_sync.polarities=_spikeglx_sync.polarities*.npy
clusters.depths=*clusters.depths*.npy spikes.depths=*spikes.depths*.npy
clusters.channels=*clusters.channels*.npy camera.dlc=*camera.dlc.* ephysData.raw.ap=*ephysdata*.ap.cbin
ephysData.raw.lf=*ephysdata*.lf.cbin ephysData.raw.nidq=*ephysdata*.nidq.cbin ephysData.raw.ch=*ephysdata*.ch
ephysData.raw.meta=*ephysdata*.meta ephysData.raw.sync=*ephysdata*.sync.npy
ephysData.raw.timestamps=*ephysdata*.timestamps.npy ephysData.raw.wiring=*ephysdata*.wiring.json
channels.probes=*channels.probes*.npy clusters.probes=*clusters.probes*.npy
spikes.templates=*spikes.templates*.npy channels.localCoordinates=*channels.localcoordinates*.npy
camera.times=*camera.times.* templates.waveformsChannels=*templates.waveformschannels.npy
templates.waveforms=*templates.waveforms.npy templates.amps=*templates.amps.npy
probes.description=probes.description*.json probes.trajectory=probes.trajectory*.json
kilosort.whitening_matrix=_kilosort_whitening.matrix.npy
_phy_spikes_subset.channels=_phy_spikes_subset.channels.npy
_phy_spikes_subset.spikes=_phy_spikes_subset.spikes.npy
_phy_spikes_subset.waveforms=_phy_spikes_subset.waveforms.npy
clusters.brainLocationIds_ccf_2017=*clusters.brainlocationids*.npy
clusters.brainLocationAcronyms_ccf_2017=*clusters.brainlocationacronyms*.npy
clusters.mlapdv=*clusters.mlapdv.npy channels.brainLocationIds_ccf_2017=*channels.brainlocationids*.npy
channels.mlapdv=*channels.mlapdv.npy _kilosort_raw.output=_kilosort_raw.output*.tar drift.um=drift.um.npy
drift_depths.um=drift_depths.um.npy drift.times=drift.times.npy licks.times=licks.times.*
electrodeSites.localCoordinates=electrodesites.localcoordinates*.npy
electrodeSites.mlapdv=electrodesites.mlapdv*.npy
electrodeSites.brainLocationIds_ccf_2017=electrodesites.brainlocationids_ccf_2017*.npy
widefieldU.images=*widefieldu.images* widefieldSVT.uncorrected=*widefieldsvt.uncorrected.*
widefieldSVT.haemoCorrected=*widefieldsvt.haemocorrected.* widefield.times=widefield.times*
widefield.raw.meta=widefield.raw.meta.* widefieldLandmarks.dorsalCortex=widefieldlandmarks.dorsalcortex.*
widefieldEvents.raw=widefieldevents.raw.* widefield.raw=widefield.raw.*
widefieldChannels.frameAverage=widefieldchannels.frameaverage*
widefieldChannels.wiring=*widefieldchannels.wiring* photometry.signal=*photometry.signal*
photometry.ROIs=*photometry.rois*
photometryFibers.brainLocationAcronyms_ccf_2017=*photometryfibers.brainlocationacronyms_ccf_2017*
imaging.frames= imaging.times=imaging.times* imaging.imagingLightSource=imaging.imaginglightsource*
imagingLightSource.properties=*imaginglightsource.properties* DAQdata.raw=_*_daqdata.raw*
DAQdata.timestamps=_*_daqdata.timestamps* DAQdata.meta=_*_daqdata.meta* DAQdata.wiring=_*_daqdata.wiring*
mpci.componentsActivity= mpci.ROIActivityF= mpci.ROINeuropilActivityF= mpci.ROIActivityDeconvolved= mpci.times=
mpci.badFrames= mpci.mpciFrameQC= mpciFrameQC.names= mpciComponents.images= mpciMeanImage.images=
mpciROIs.stackPos= mpciROIs.mlapdv= mpciROIs.mpciROITypes= mpciROIs.masks= mpciROIs.neuropilMasks=
mpciROITypes.names= mpciROIs.cellClassifier= mpciStack.timeshift= referenceImage.raw= ROIData.raw=
mpciROIs.brainLocationIds= widefieldU.mask= mpciMeanImage.brainLocationIds= mpciMeanImage.mlapdv=
subjectWidefieldU.mask_atlasTransformed=*subjectwidefieldu.mask_atlastransformed* referenceImage.stack=
referenceImage.meta= mpciROIs.uuids= photometryROI.locations=*photometryroi.locations* waveforms.traces=
waveforms.templates= waveforms.table= waveforms.channels= channels.labels= rawImagingData.times=
clusters.curatedLabels=*clusters.curatedlabels*.tsv iblsorter_parameters=*iblsorter_parameters.yaml
"""


def dataset_types() -> list[tuple[str, str]]:
    """Name and file name pattern of each."""
    return [(name, pattern) for name, _, pattern in (word.partition("=") for word in _TYPES.split())]
